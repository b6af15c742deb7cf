export type { PreflightCheck } from "./check.js";
export { preflightChecks } from "./checks/index.js";
export {
  type AlarmState,
  type CommandResult,
  type DiskState,
  type GitState,
  type LockfileState,
  maxSourceBytes,
  maxSourceFiles,
  type NumbersFinding,
  type SourceState,
  type SplitState,
} from "./model.js";
export { preflightProblem } from "./outcome.js";
export type { PreflightPorts, RunOptions, WayBackState, Workspace } from "./ports.js";
export * from "./problems.js";
export { plannedPreflight, runPreflight } from "./run.js";
export { PreflightSettings } from "./settings.js";
export { findWayBack } from "./way-back.js";
