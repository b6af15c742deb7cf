export { chooseBackup, planDatabaseRecovery } from "./decide.js";
export type { BackupFit, DatabaseFinding, DatabasePlan, RecoveryBackup, RecoveryStep } from "./model.js";
