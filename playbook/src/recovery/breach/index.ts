export { type BreachPlan, type Evidence, type SecretPlan, secretWords } from "./model.js";
export type { BreachOrder, BreachPorts } from "./ports.js";
export * from "./problems.js";
export { type BreachSecret, BreachSettings } from "./settings.js";
