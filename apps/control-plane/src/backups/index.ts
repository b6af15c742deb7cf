export { openBackupFolder } from "./folder.js";
export {
  changedSince,
  type FullBackupLine,
  fullPorts,
  listFull,
  planRestore,
  pruneFull,
  type RestorePlan,
  restoreFull,
  takeFull,
  tryFull,
} from "./full.js";
export { keepBackingUp } from "./schedule.js";
