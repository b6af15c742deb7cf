export { assessSafety, judgeSafety, reasonText, type SafetyJudgement, worst } from "./assess.js";
export { matches as matchesPattern } from "./matches.js";
export { harmfulStatements, judgeMigration } from "./migration.js";
export * from "./model.js";
export { type SafetyPolicy, SafetySettings } from "./settings.js";
