export {
  type MaintenanceKind,
  maintenanceEvent,
  maintenanceKinds,
  maintenanceOf,
  maintenanceStarted,
  readMaintenance,
} from "./events.js";
export { type EndSignal, endSignal, type MaintenanceEnd, maintenanceFlow } from "./flow.js";
export { hostsSaying, judgeDoor } from "./judge.js";
export * from "./model.js";
export type * from "./ports.js";
export * from "./problems.js";
export { proveDoor } from "./prove.js";
export {
  type FlagSettings,
  type MaintenanceRules,
  type MaintenanceSettings,
  type MaintenanceTask,
  maintenanceRules,
} from "./settings.js";
export { dueWindows, nextWindows, type PlannedWindow, windowNotices } from "./windows.js";
