/** What the newest whole backup of a database is to the database that is there. */
export type BackupFit =
  | { fits: true }
  /** The database has what the backup lacks, or is another one. `because` is a sentence. */
  | { fits: false; because: string; newer: boolean };

/** A backup that holds a database, as a recovery sees it. */
export type RecoveryBackup = {
  id: string;
  /** Milliseconds since the epoch: what was written after it is not in it. */
  takenAt: number;
  /** How its last trial went; undefined when it was never tried. */
  sound?: boolean;
};

/** How one database of the playbook was found. */
export type DatabaseFinding = {
  /** As the playbook calls it. */
  name: string;
  /** The service's variable that holds its address. */
  variable: string;
  /** Host, port and name. No password. */
  where: string;
  /** What `checks.database.target` says in the health of a service that uses it. */
  target: string;
  /** It answers and has tables; it answers and has none; its server answers and has no such database; nobody answers. */
  state: "in use" | "empty" | "gone" | "away";
  /** Why nobody answers. */
  because?: string;
  /** Whole backups that hold it, newest first. */
  backups: readonly RecoveryBackup[];
  /** Of the backup that `chooseBackup` chooses; undefined without one, or when the database is not in use. */
  fit?: BackupFit;
};

/** One step of a recovery, for somebody who was woken by it. */
export type RecoveryStep = {
  /** A sentence. */
  what: string;
  /** To be typed as it is. */
  command?: string;
};

/** How a database is brought back. */
export type DatabasePlan = {
  database: string;
  where: string;
  /** `as it is`: it answers, and only bad rows are a reason to restore. `impossible`: there is no backup to restore. */
  way: "as it is" | "restore in place" | "restore elsewhere" | "impossible";
  /** A sentence on how it was found. */
  found: string;
  /** The backup that would be restored. */
  backup?: RecoveryBackup;
  /** How much would be lost at most if it were restored now, in milliseconds. */
  lossMs?: number;
  /** In their order. */
  steps: RecoveryStep[];
};
