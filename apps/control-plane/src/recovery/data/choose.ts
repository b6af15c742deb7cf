import {
  backupBefore,
  type DatabaseSettings,
  type DataWindow,
  type FullBackup,
  findWindow,
  noBackupBefore,
  noGoodBackup,
  noSuchDatabase,
  suspectKinds,
  suspectsIn,
  suspectsWithinMs,
  windowMistaken,
  windowUnknown,
} from "@atoms/playbook";
import { inWords } from "@atoms/playbook/report";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { databasesMeant, knownBackups } from "../known.js";

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
