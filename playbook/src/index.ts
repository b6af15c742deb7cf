export * from "./communication/index.js";
export * from "./terms/index.js";
