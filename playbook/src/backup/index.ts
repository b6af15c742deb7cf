export { differencesOf } from "./compare.js";
export { createFullBackup, type FullOrder, fullIdAt, takenAt } from "./create.js";
export { partVariables, tellBackup, toPrune } from "./decide.js";
export { type DumpKind, isEmbeddedAddress, isWholeEmbeddedAddress } from "./embedded.js";
export {
  type Backup,
  type BackupCheck,
  type BackupContents,
  type BackupEntry,
  BackupManifest,
  type DatabaseContents,
  type DatabaseFacts,
  type FullBackup,
  type FullCheck,
  type FullEntry,
  type FullManifest,
  KeptVariable,
  type RestoreProof,
  type TableCount,
} from "./model.js";
export type {
  BackupCipher,
  BackupPorts,
  BackupStore,
  BackupVault,
  ByteStream,
  Databases,
  Digesting,
  FullBackupPorts,
  OnTable,
  Progress,
} from "./ports.js";
export * from "./problems.js";
export { draftRestMs, listFullBackups, readFullBackup } from "./read-full.js";
export {
  besideAddress,
  databaseIn,
  lookAtTarget,
  type Restored,
  type RestoreTarget,
  restoreBeside,
  restoreDatabase,
  verifyFullBackup,
} from "./restore.js";
export { type Kept, toForget } from "./retention.js";
export {
  BackupSchedule,
  BackupSettings,
  type DatabaseSettings,
  type RetentionSettings,
  type S3Settings,
} from "./settings.js";
export { type BackupOrder, takeBackup } from "./take.js";
