import {
  type Actor,
  backupUnsound,
  type DatabaseMove,
  databaseIn,
  type FullBackupPorts,
  isProblem,
  lookAtTarget,
  type Problem,
  type Progress,
  type RecoveryOrder,
  type RestoreOutcome,
  readFullBackup,
  restoreDatabase,
  standbyInUse,
} from "@atoms/playbook";
import { changedSince, fullPorts } from "../backups/index.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";

type Restore = DatabaseMove & { do: "restore" };

/** pg_restore failed, files are not as they were written, no key opens it, the rows differ. */
const ofTheBackup = ["ATM-235", "ATM-237", "ATM-805", "ATM-245"];
/** Of these, those that say that the backup itself is bad, whoever restores it. */
const unsound = ["ATM-237", "ATM-245"];
const tellEveryMs = 1_000;

/**
 * Restores a backup to the place of a move. Safe to run twice: what was put in place bears a label, and is known again
 * even when the service has written to it meanwhile.
 * @returns that the backup is of no use when it is; @throws what is in the way of trying.
 */
export async function restoreForRecovery(
  plane: ControlPlane,
  open: OpenPlaybook,
  order: RecoveryOrder,
  move: Restore,
  id: string,
  tell: (doing: string) => void,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const began = plane.clock.monotonic();
  const url = addressOf(open, move);
  const ports = fullPorts(plane, open, order.keys, seldom(plane, tell));
  const { databases } = ports;
  try {
    const backup = await readFullBackup(ports, id);
    const kept = databaseIn(backup, move.database);
    const label = `Restored by Atoms (${order.release}) from ${id}`;
    const stamp = new Date(order.startedAt).toISOString().slice(0, 19).replace(/[-:T]/g, "");
    const aside = `${databases.shown(url).split("/").at(-1)?.slice(0, 40)}_before_${stamp}`;
    const outcome = (
      rows: number,
      tables: number,
      again: boolean,
      before: string | null,
    ): RestoreOutcome => ({
      restored: true,
      backup: id,
      takenAt: Date.parse(backup.manifest.created_at),
      rows,
      tables,
      where: move.where,
      aside: before,
      again,
      ms: Math.round(plane.clock.monotonic() - began),
    });
    const { tables } = kept.contents;
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const standing = move.again && id === move.backups[0]?.id ? "again" : await databases.label(url, signal);
    if (standing === "again" || standing === label)
      return outcome(rows, tables.length, true, await keptAside(ports, url, aside, signal));
    const changed = await changedSince(plane, backup);
    if (changed !== undefined) return await refused(plane, open, order, id, changed, undefined);
    const target = await lookAtTarget(backup, kept, url, move.over, ports, signal);
    // Looked at again: somebody may have filled it since.
    if (target.inUse && !move.over) throw standbyInUse({ database: move.database, where: move.where });
    const done = await restoreDatabase(backup, kept, target, { aside, label }, ports, signal);
    return outcome(done.proof.rows, done.proof.tables, false, await keptAside(ports, url, aside, signal));
  } catch (error) {
    signal.throwIfAborted();
    if (!isProblem(error) || !ofTheBackup.includes(error.code)) throw error;
    return refused(plane, open, order, id, error.happened, error);
  }
}

/** The address that a move leads to. Secret. */
export function addressOf({ settings }: OpenPlaybook, { database, place }: Restore): string {
  const url =
    place === "standby"
      ? settings.recovery.databases[database]?.standby_url
      : settings.backup.databases[database]?.url;
  if (url === undefined) throw new Error(`the playbook lost the address of ${database}`);
  return url;
}

/** What was there before, under its new name; removed when it has no tables. Its name, or null when nothing is kept. */
async function keptAside(
  { databases }: FullBackupPorts,
  url: string,
  aside: string,
  signal: AbortSignal,
): Promise<string | null> {
  const at = new URL(url);
  at.pathname = `/${encodeURIComponent(aside)}`;
  if ((await databases.facts(at.href, signal)) === undefined) return null;
  if (!(await databases.isEmpty(at.href, signal))) return aside;
  await databases.drop(at.href, signal);
  return null;
}

async function refused(
  plane: ControlPlane,
  open: OpenPlaybook,
  { actor }: RecoveryOrder,
  id: string,
  because: string,
  problem: Problem | undefined,
): Promise<RestoreOutcome> {
  const told = problem ?? backupUnsound({ id, faults: [because] });
  await tellUnsound(plane, open, actor, id, told);
  return { restored: false, problem: told.toJSON() };
}

/** Writes down that a backup is bad, when that is what a problem says: no recovery chooses it any more. */
export async function tellUnsound(
  plane: ControlPlane,
  { service, environment }: OpenPlaybook,
  actor: Actor,
  id: string,
  problem: Problem,
): Promise<void> {
  if (!unsound.includes(problem.code)) return;
  const { ledger } = await plane.store();
  const at = plane.clock.now();
  const data = { backup: id, sound: false, faults: [problem.happened], databases: [], ms: 0 };
  await ledger.append([
    { key: `backup.verified/${id}/${at}`, kind: "backup.verified", at, actor, service, environment, data },
  ]);
}

/** Progress is told with every piece of a file; people are told of it once a second. */
export function seldom({ clock }: ControlPlane, tell: (doing: string) => void): (progress: Progress) => void {
  let told = Number.NEGATIVE_INFINITY;
  return ({ doing, bytes, of }) => {
    const now = clock.monotonic();
    if (now - told < tellEveryMs) return;
    told = now;
    const share =
      bytes === undefined || of === undefined || of === 0 ? "" : `, ${Math.floor((100 * bytes) / of)} %`;
    tell(`${doing}${share}`);
  };
}
