import { defineProblem } from "../terms/index.js";

export * from "./embedded-problems.js";

export const backupMissing = defineProblem<{ folder: string }>({
  code: "ATM-801",
  title: "There is no such backup",
  happened: (a) => `${a.folder} is not a backup: it has no manifest.json.`,
  fix: () => "See what exists with `ls backups`, and name one of those folders.",
});

export const backupDamaged = defineProblem<{ folder: string; faults: readonly string[] }>({
  code: "ATM-802",
  title: "The backup is damaged",
  happened: (a) => `${a.folder} is not as it was written: ${a.faults.join("; ")}.`,
  stillTrue: () => "Nothing was restored from it.",
  fix: () => "Use an earlier backup, or get this one back from a copy.",
});

export const backupKeyUnusable = defineProblem<{ path: string; because: string }>({
  code: "ATM-803",
  title: "The backup key cannot be used",
  happened: (a) => `${a.path} does not hold an age key: ${a.because}.`,
  stillTrue: () => "Nothing was written in plain text, and traffic was left where it is.",
  fix: (a) =>
    `Put the right key back at ${a.path}, or move the file aside to have a new one made; older backups then need the old key.`,
});

export const recipientRefused = defineProblem<{ recipient: string; because: string }>({
  code: "ATM-804",
  title: "A backup recipient is no age public key",
  happened: (a) => `Failed to encrypt to ${a.recipient}: ${a.because}.`,
  stillTrue: () => "Nothing was written in plain text, and traffic was left where it is.",
  fix: () => "Correct backup.recipients in the playbook; `age-keygen -y <key file>` prints a public key.",
});

export const identityDoesNotFit = defineProblem<{ folder: string; recipients: readonly string[] }>({
  code: "ATM-805",
  title: "The key does not open this backup",
  happened: (a) =>
    `What is in ${a.folder} was encrypted to ${a.recipients.join(", ")}, and the key at hand is of none of these.`,
  stillTrue: () => "The backup itself is intact.",
  fix: () => "Name the file with the private key of one of these recipients: `--key <file>`.",
});

/** ATM-230 */
export const programMissing = defineProblem<{ program: string }>({
  code: "ATM-230",
  title: "A program of PostgreSQL is missing",
  happened: (a) => `${a.program} is neither in PATH nor where Debian puts it.`,
  stillTrue: () => "Nothing was changed; earlier backups are as they were.",
  fix: () => "Install PostgreSQL's client programs, on Debian with `apt-get install postgresql-client`.",
});

/** ATM-231 */
export const programOld = defineProblem<{ program: string; found: number; least: number }>({
  code: "ATM-231",
  title: "A program of PostgreSQL is older than the server",
  happened: (a) => `${a.program} is of version ${a.found}, and the server of version ${a.least}.`,
  stillTrue: () => "Nothing was changed; earlier backups are as they were.",
  fix: (a) =>
    `Install version ${a.least} of PostgreSQL's client programs, e.g. postgresql-client-${a.least}.`,
});

/** ATM-232 */
export const databaseAway = defineProblem<{ where: string; because: string }>({
  code: "ATM-232",
  title: "The database cannot be reached",
  happened: (a) => `${a.where}: ${a.because}.`,
  stillTrue: () => "Nothing was changed in it.",
  fix: () =>
    "Look at the server, and at the address in `backup.databases`. If it is lost: `atoms backup list`, and `atoms backup restore --into <another address>`.",
});

/** ATM-233 */
export const databaseRefused = defineProblem<{ where: string; because: string }>({
  code: "ATM-233",
  title: "The database refused",
  happened: (a) => `${a.where}: ${a.because}.`,
  fix: () => "Look at the rights of the role in the address, and at the server's log.",
});

/** ATM-234 */
export const dumpFailed = defineProblem<{ where: string; because: string }>({
  code: "ATM-234",
  title: "The database could not be dumped",
  happened: (a) => `pg_dump of ${a.where}: ${a.because}.`,
  stillTrue: () => "No backup was written; earlier ones are as they were.",
  fix: () => "Put right what pg_dump says, then `atoms backup create` again.",
});

/** ATM-235 */
export const restoreFailed = defineProblem<{ where: string; because: string }>({
  code: "ATM-235",
  title: "The dump could not be restored",
  happened: (a) => `pg_restore into ${a.where}: ${a.because}.`,
  stillTrue: () => "The database in use was not touched: a restore works in one beside it.",
  fix: () =>
    "A role or an extension that the other server lacks has to be made there first; a damaged backup is replaced by an earlier one: `atoms backup list`.",
});

/** ATM-236 */
export const noSuchBackup = defineProblem<{ id: string; where: string }>({
  code: "ATM-236",
  title: "There is no such backup",
  happened: (a) => `${a.where} holds ${a.id === "" ? "no backup that is whole" : `no backup ${a.id}`}.`,
  fix: () => "`atoms backup list` shows what there is; `atoms backup create` makes one.",
  ending: "usage",
});

/** ATM-237 */
export const backupUnsound = defineProblem<{ id: string; faults: readonly string[] }>({
  code: "ATM-237",
  title: "The backup is not sound",
  happened: (a) => `${a.id}: ${a.faults.join("; ")}.`,
  stillTrue: () => "The database in use was not touched.",
  fix: () => "Use an earlier one: `atoms backup list`, and `atoms backup verify <id>`.",
});

/** ATM-238 */
export const databaseNewer = defineProblem<{
  where: string;
  id: string;
  newer: readonly string[];
  more: number;
}>({
  code: "ATM-238",
  title: "The database is newer than the backup",
  happened: (a) =>
    `${a.where} has what ${a.id} lacks or has otherwise: ${a.newer.join(", ")}${a.more > 0 ? ` and ${a.more} more` : ""}. The deployment in use may need it.`,
  stillTrue: () => "Nothing was restored.",
  fix: () =>
    "Restore beside with `--into <address of an empty database>`, or go back to a deployment of that time first and repeat with `--over-newer`.",
  ending: "refused",
});

/** ATM-239 */
export const anotherSchema = defineProblem<{ where: string; id: string; from: string }>({
  code: "ATM-239",
  title: "The backup is of another database",
  happened: (a) =>
    `${a.id} was taken of ${a.from}, and none of its tables is in ${a.where}: they hold different things.`,
  stillTrue: () => "Nothing was restored.",
  fix: () => "Name the right database with `--database`, or restore beside with `--into <address>`.",
  ending: "refused",
});

/** ATM-240 */
export const wrongWord = defineProblem<{ wanted: string }>({
  code: "ATM-240",
  title: "The confirmation is wrong",
  happened: (a) => `What was typed is not ${JSON.stringify(a.wanted)}.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) => `Repeat it and type ${a.wanted}, or give \`--confirm ${a.wanted}\`.`,
  ending: "refused",
});

/** ATM-241 */
export const noSuchDatabase = defineProblem<{ name: string; known: readonly string[] }>({
  code: "ATM-241",
  title: "There is no such database in the playbook",
  happened: (a) =>
    a.known.length === 0
      ? "`backup.databases` names no database."
      : `\`backup.databases\` has ${a.known.join(", ")}, and no ${a.name}.`,
  fix: () => "Name it under `backup.databases` in the playbook, with its address in a variable.",
  ending: "usage",
});

/** ATM-242 */
export const databaseNotMade = defineProblem<{ where: string; because: string }>({
  code: "ATM-242",
  title: "A database could not be made beside",
  happened: (a) => `${a.where}: ${a.because}`,
  stillTrue: () => "The database in use was not touched.",
  fix: () =>
    "Give the role the right (`alter role … createdb`), set `scratch_url` of the database to a server where it may, or restore into an empty database with `--into`.",
});

/** ATM-243 */
export const databaseNotSwapped = defineProblem<{ where: string; because: string }>({
  code: "ATM-243",
  title: "The restored database could not be put in place",
  happened: (a) => `${a.where}: ${a.because}`,
  stillTrue: () => "The database in use is the one before, whole.",
  fix: () =>
    "The role has to own the database and may end its connections (pg_signal_backend). Or restore into an empty database with `--into`, and point the service at that.",
});

/** ATM-244 */
export const storeRefused = defineProblem<{ where: string; because: string }>({
  code: "ATM-244",
  title: "The store of backups refused",
  happened: (a) => `${a.where}: ${a.because}.`,
  stillTrue: () => "The database was only read. Backups that were whole are as they were.",
  fix: () => "Look at `backup.s3` in the playbook: address, bucket, region and keys.",
});

/** ATM-245 */
export const contentsDiffer = defineProblem<{ id: string; differences: readonly string[]; kept: string }>({
  code: "ATM-245",
  title: "What was restored is not what was backed up",
  happened: (a) => `${a.id}: ${a.differences.join("; ")}.`,
  stillTrue: (a) => `The database in use was not touched. ${a.kept}`,
  fix: () => "Use an earlier backup: `atoms backup list`, and `atoms backup verify <id>`.",
});

/** ATM-246 */
export const backupOfAnother = defineProblem<{ id: string; of: string; here: string }>({
  code: "ATM-246",
  title: "The backup is of another service",
  happened: (a) => `${a.id} is of ${a.of}; the playbook is of ${a.here}.`,
  stillTrue: () => "Nothing was restored.",
  fix: () => "Restore it with the playbook that it was taken with, or into another database with `--into`.",
  ending: "refused",
});

/** ATM-247 */
export const addressMistaken = defineProblem<{ given: string }>({
  code: "ATM-247",
  title: "This is not the address of a database",
  happened: (a) =>
    `${a.given} is neither of the form postgres://user@host:5432/database nor, for a service's embedded database, pglite+https://:token@host/path.`,
  fix: () => "Correct it in `backup.databases`, or in the option it was given with.",
  ending: "usage",
});
