export * from "./decide.js";
export * from "./problems.js";
export { TriggerSettings } from "./settings.js";
