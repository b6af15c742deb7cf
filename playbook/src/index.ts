export * from "./communication/index.js";
export * from "./preflight/index.js";
export * from "./release.js";
export * from "./rollback/index.js";
export * from "./rollback-by-hand.js";
export * from "./strategies/index.js";
export * from "./terms/index.js";
