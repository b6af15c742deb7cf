export {
  type CacheCare,
  type CacheCleared,
  type CacheExtent,
  type CacheProgress,
  extentOf,
  extentText,
} from "./caches.js";
export {
  type DependencyChange,
  dependencyChanges,
  dependencyChangeText,
  lockedVersions,
  lockfileNames,
  type PackageManager,
  packageManagerOf,
  updateBranch,
  updateMessage,
} from "./dependencies.js";
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
  maintenanceRules,
  windowDoor,
} from "./settings.js";
export { clearedBy, doorOf, type MaintenanceTask, taskDoor } from "./task-settings.js";
export { dueWindows, nextWindows, type PlannedWindow, windowNotices } from "./windows.js";
