export type { AccessStore, Credential, Role } from "./access.js";
export { roles } from "./access.js";
export * from "./chain.js";
export * from "./notice-outcome.js";
export * from "./problems.js";
export * from "./store.js";
