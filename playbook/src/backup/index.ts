export { partVariables, tellBackup, toPrune } from "./decide.js";
export {
  type Backup,
  type BackupCheck,
  type BackupContents,
  type BackupEntry,
  BackupManifest,
  KeptVariable,
} from "./model.js";
export type { BackupPorts, BackupStore } from "./ports.js";
export * from "./problems.js";
export { BackupSettings } from "./settings.js";
export { type BackupOrder, takeBackup } from "./take.js";
