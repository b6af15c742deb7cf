export * from "./chain.js";
export * from "./problems.js";
