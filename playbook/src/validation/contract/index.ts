export { compareBothWays, compareContracts } from "./compare-contracts.js";
export { compareSchemas } from "./compare-schemas.js";
export { compareTargets } from "./compare-targets.js";
export { type ContractJudgement, changeText, judgeContract } from "./judge-contract.js";
export * from "./model.js";
export { type ContractRead, readContract } from "./read-contract.js";
export type { SchemaChange } from "./schema-change.js";
export { type ContractPolicy, ContractSettings } from "./settings.js";
