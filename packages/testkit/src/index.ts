export * from "./fake-clock.js";
export * from "./fake-http.js";
export * from "./fake-platform.js";
export * from "./memory-ledger.js";
export * from "./memory-outbox.js";
export * from "./memory-releases.js";
export * from "./series.js";
