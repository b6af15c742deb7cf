export { type BreachPlan, type Evidence, type SecretPlan, secretWords } from "./model.js";
export { mostOldDeployments, oldDeployments } from "./old-deployments.js";
export type { AttackModeOn, BreachOrder, BreachPorts } from "./ports.js";
export * from "./problems.js";
export { type BreachSecret, BreachSettings } from "./settings.js";
