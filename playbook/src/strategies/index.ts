export * from "./ports.js";
export * from "./problems.js";
export { type Command, commandSignal } from "./run.js";
export * from "./settings.js";
export * from "./watch.js";
