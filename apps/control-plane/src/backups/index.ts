export { openBackupFolder } from "./folder.js";
