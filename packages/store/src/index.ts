export * from "./chain.js";
export * from "./notice-outcome.js";
export * from "./problems.js";
export * from "./store.js";
