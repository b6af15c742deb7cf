import { databaseRows } from "@atoms/databases";
import {
  backupUnsound,
  besideAddress,
  checkChoice,
  type DatabaseRows,
  type DataChoice,
  type DataComparison,
  type DataWindow,
  databaseIn,
  databaseNotThere,
  type FullBackup,
  type FullBackupPorts,
  lookAtTarget,
  readFullBackup,
  restoreBeside,
  standTables,
  type TableComparison,
} from "@atoms/playbook";
import { changedSince, fullPorts } from "../../backups/index.js";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import type { JobPort } from "../../jobs.js";
import { chooseData, type DataAsk, settingsOf } from "./choose.js";

/** Named like a scratch database: what is left over is removed by the next one who makes a database there. */
export const besideName = (at: number, tail: string) => `atoms_scratch_${at.toString(36)}_${tail.slice(-7)}`;

/** The backup as it was written. @throws ATM-237 when it is not. */
export async function readUnchanged(
  plane: ControlPlane,
  ports: FullBackupPorts,
  id: string,
): Promise<FullBackup> {
  const backup = await readFullBackup(ports, id);
  const changed = await changedSince(plane, backup);
  if (changed !== undefined) throw backupUnsound({ id, faults: [changed] });
  return backup;
}

/** Looks at a choice with the eyes of both databases. @throws ATM-238, 239, 686 to 689, 692. */
export async function checked(
  choice: DataChoice,
  backup: FullBackup,
  database: string,
  url: string,
  ports: FullBackupPorts & { rows: ReturnType<typeof databaseRows> },
  signal: AbortSignal,
): Promise<DataChoice> {
  await lookAtLiving(database, url, ports, signal);
  const kept = databaseIn(backup, database);
  if (choice.take === "whole") await lookAtTarget(backup, kept, url, false, ports, signal);
  const { tables, objects } = kept.contents;
  return checkChoice(choice, {
    where: ports.databases.shown(url),
    backup: { id: backup.id, tables: tables.map(({ table }) => table), objects },
    now: {
      shapes: await ports.rows.shapes(url, signal),
      objects: await ports.databases.objects(url, signal),
    },
  });
}

/** Restores a backup beside, compares, and removes it again. The database in use is only read. */
export async function compareData(
  plane: ControlPlane,
  open: OpenPlaybook,
  asked: DataAsk & { choice?: DataChoice | undefined; keys: readonly string[] },
  job: JobPort,
): Promise<DataComparison> {
  const began = plane.clock.monotonic();
  const chosen = await chooseData(plane, open, asked);
  const { database, window, backup } = chosen;
  const ports = { ...fullPorts(plane, open, asked.keys, job.progress), rows: databaseRows(plane) };
  const { url, scratch_url } = settingsOf(open, database);
  const choice =
    asked.choice === undefined
      ? await lookAtLiving(database, url, ports, job.signal).then(() => undefined)
      : await checked(asked.choice, backup, database, url, ports, job.signal);
  job.say(
    `Restoring ${backup.id} beside, to compare it with ${ports.databases.shown(url)}${window === null ? "" : `: ${window.because}`}.`,
  );
  const how = {
    at: scratch_url ?? url,
    name: besideName(plane.clock.now(), backup.id),
    label: `Restored by Atoms from ${backup.id}, to compare`,
  };
  try {
    const whole = await readUnchanged(plane, ports, backup.id);
    const beside = await restoreBeside(whole, databaseIn(whole, database), how, ports, job.signal);
    const tables = await compareTables(
      { backup, database, beside, living: url, choice },
      ports,
      (doing) => job.progress({ doing }),
      job.signal,
    );
    return comparison(
      { database, where: ports.databases.shown(url), backup, window },
      tables,
      plane.clock.monotonic() - began,
    );
  } finally {
    await ports.databases.drop(besideAddress(how)).catch(() => undefined);
  }
}

/** Looks whether there is something to compare with. @throws ATM-692 for a database that is gone or empty; ATM-232. */
async function lookAtLiving(
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
const comparison = (
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
