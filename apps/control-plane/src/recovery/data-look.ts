import {
  backupBefore,
  type DatabaseRows,
  type DatabaseSettings,
  type DataChoice,
  type DataComparison,
  type DataWindow,
  databaseIn,
  databaseNotThere,
  type FullBackup,
  type FullBackupPorts,
  findWindow,
  noBackupBefore,
  noGoodBackup,
  noSuchDatabase,
  standTables,
  suspectKinds,
  suspectsIn,
  suspectsWithinMs,
  type TableComparison,
  windowMistaken,
  windowUnknown,
} from "@atoms/playbook";
import { inWords } from "@atoms/playbook/report";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { databasesMeant, knownBackups } from "./known.js";

/** What is asked of a database whose rows went wrong. Moments in milliseconds since the epoch. */
export type DataAsk = {
  database?: string | undefined;
  backup?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
};

const kindsRead = 100;

/**
 * Finds the database that is meant, when its rows went wrong, and the backup from before that.
 * @throws ATM-241, 665, 684, 685, 693.
 */
export async function chooseData(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: DataAsk,
): Promise<{ database: string; window: DataWindow | null; backup: FullBackup }> {
  const meant = databasesMeant(open, asked.database === undefined ? [] : [asked.database]);
  const [database] = meant;
  if (database === undefined || meant.length > 1)
    throw noSuchDatabase({ name: "database named with --database", known: meant });
  const window = await windowOf(plane, open, asked);
  const known = (await knownBackups(plane, open)).filter(({ backup }) =>
    backup.manifest.databases.some(({ name }) => name === database),
  );
  const backups = known.map(({ backup, sound }) => ({
    id: backup.id,
    takenAt: Date.parse(backup.manifest.created_at),
    ...(sound === undefined ? {} : { sound }),
  }));
  const found = (id: string | undefined) => known.find(({ backup }) => backup.id === id)?.backup;
  if (asked.backup !== undefined) {
    const backup = found(asked.backup);
    if (backup === undefined) throw noGoodBackup({ database, known: known.length, asked: asked.backup });
    return { database, window: window ?? null, backup };
  }
  if (window === undefined) throw windowUnknown();
  const backup = found(backupBefore(backups, window.since)?.id);
  if (backup === undefined)
    throw noBackupBefore({ database, since: window.since, because: window.because, known: backups });
  return { database, window, backup };
}

async function windowOf(
  plane: ControlPlane,
  { service, environment }: OpenPlaybook,
  { since, until }: DataAsk,
): Promise<DataWindow | undefined> {
  const now = plane.clock.now();
  if (until !== undefined && until > now) throw windowMistaken({ since: since ?? 0, until, now });
  if (since !== undefined && since >= (until ?? now))
    throw windowMistaken({ since, until: until ?? now, now });
  const { ledger } = await plane.store();
  const entries = await Promise.all(
    suspectKinds.map((kind) => ledger.read({ kind, environment, last: true, limit: kindsRead })),
  );
  const suspects = suspectsIn(
    entries.flat(),
    { service, environment, since: Math.min(since ?? now, now - suspectsWithinMs) },
    inWords,
  );
  return findWindow(suspects, { since, until }, now);
}

/** The settings of a database. */
export function settingsOf({ settings }: Pick<OpenPlaybook, "settings">, name: string): DatabaseSettings {
  const found = settings.backup.databases[name];
  if (found === undefined) throw new Error(`the playbook lost its database ${name}`);
  return found;
}

/** Looks whether there is something to compare with. @throws ATM-692 for a database that is gone or empty; ATM-232. */
export async function lookAtLiving(
  database: string,
  url: string,
  { databases }: Pick<FullBackupPorts, "databases">,
  signal: AbortSignal,
): Promise<void> {
  const where = databases.shown(url);
  if ((await databases.facts(url, signal)) === undefined)
    throw databaseNotThere({ database, where, because: `the server has no database ${where}` });
  if (await databases.isEmpty(url, signal))
    throw databaseNotThere({ database, where, because: `${where} has no tables` });
}

/** Compares the tables of a database in use with those that were restored beside: all, or those that are chosen. */
export async function compareTables(
  of: {
    backup: FullBackup;
    database: string;
    beside: string;
    living: string;
    choice?: DataChoice | undefined;
  },
  { databases, rows }: { databases: FullBackupPorts["databases"]; rows: DatabaseRows },
  tell: (doing: string) => void,
  signal: AbortSignal,
): Promise<TableComparison[]> {
  const { beside, living } = of;
  const kept = databaseIn(of.backup, of.database).contents;
  const now = await databases.contents(
    living,
    (done, all) => tell(`counting ${databases.shown(living)}, ${done} of ${all} tables`),
    signal,
  );
  const chosen = of.choice?.take === "rows" ? of.choice.rows : undefined;
  const compared: TableComparison[] = [];
  for (const one of standTables(kept, now, await rows.shapes(living, signal))) {
    const { table, key } = one;
    const choice = chosen?.find((candidate) => candidate.table === table);
    if (chosen !== undefined && choice === undefined) continue;
    const shared = { table, key, rows: one.rows };
    if (one.is === "same") compared.push({ ...shared, state: "same" });
    else if (one.is === "by rows") {
      const onRows = (count: number) => tell(`comparing ${table}, ${count} of ${one.rows.backup ?? 0} rows`);
      const difference = await rows.compare(
        { beside, living, table, ...(choice === undefined ? {} : { choice }) },
        onRows,
        signal,
      );
      compared.push({ ...shared, state: "differs", difference });
    } else compared.push({ ...shared, state: "not by rows", because: one.is.because });
  }
  return compared;
}

/** A comparison as it is told. */
export const comparison = (
  of: { database: string; where: string; backup: FullBackup; window: DataWindow | null },
  tables: TableComparison[],
  ms: number,
): DataComparison => ({
  database: of.database,
  where: of.where,
  backup: { id: of.backup.id, takenAt: Date.parse(of.backup.manifest.created_at) },
  window: of.window,
  tables,
  ms: Math.round(ms),
});
