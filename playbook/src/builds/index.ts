export * from "./check.js";
export * from "./decide.js";
export * from "./problems.js";
export { DeploymentCheckSettings, TriggerSettings } from "./settings.js";
