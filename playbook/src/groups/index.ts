export * from "./decide.js";
export * from "./problems.js";
export * from "./settings.js";
