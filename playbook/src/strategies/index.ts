export { analysisSettings, countedLimits } from "./canary/analysis-settings.js";
export * from "./ports.js";
export * from "./problems.js";
export { type Command, commandSignal } from "./run.js";
export * from "./settings.js";
export { strategies } from "./strategy.js";
export { type StrategyKind, strategyKinds } from "./strategy-kind.js";
export * from "./watch.js";
