export { openBackupFolder } from "./folder.js";
export { readKey } from "./key.js";
export { openVariables, verifyBackup } from "./verify.js";
