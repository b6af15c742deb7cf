export * from "./decide.js";
export * from "./flow.js";
export * from "./problems.js";
export * from "./safety/index.js";
export * from "./serving.js";
export * from "./settings.js";
