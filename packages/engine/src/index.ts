export * from "./dbos-engine.js";
export * from "./memory-engine.js";
export * from "./problems.js";
export * from "./system-clock.js";
