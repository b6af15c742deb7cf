export { openBackupFolder } from "./folder.js";
export { type BackupKey, readKey } from "./key.js";
export { openVariables, verifyBackup } from "./verify.js";
