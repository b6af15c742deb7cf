import {
  embeddedCannot,
  type FullBackup,
  isEmbeddedAddress,
  listFullBackups,
  noSuchDatabase,
} from "@atoms/playbook";
import { fullPorts, listFull } from "../backups/index.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";

/** A whole backup of this service, and how its last trial went. */
export type KnownBackup = { backup: FullBackup; sound?: boolean };

/** The whole backups of a playbook's service and environment, newest first. */
export async function knownBackups(plane: ControlPlane, open: OpenPlaybook): Promise<KnownBackup[]> {
  const ports = fullPorts(plane, open, [], () => undefined);
  const tried = new Map((await listFull(plane, open)).map(({ id, verified }) => [id, verified?.sound]));
  return (await listFullBackups(ports))
    .flatMap((entry) => {
      if (!entry.sound) return [];
      const { manifest } = entry.backup;
      if (manifest.service !== open.service || manifest.environment !== open.environment) return [];
      const sound = tried.get(entry.id);
      return [{ backup: entry.backup, ...(sound === undefined ? {} : { sound }) }];
    })
    .sort((a, b) => takenAt(b) - takenAt(a));
}

/** To the millisecond; an id tells only the second. */
const takenAt = ({ backup }: KnownBackup) => Date.parse(backup.manifest.created_at);

/**
 * The databases that are meant: those named, or all of the playbook.
 * @throws ATM-241 without any, ATM-256 for one that is embedded in its service.
 */
export function databasesMeant({ settings }: OpenPlaybook, named: readonly string[]): string[] {
  const all = settings.backup.databases;
  const known = Object.keys(all);
  if (known.length === 0) throw noSuchDatabase({ name: "database", known });
  for (const name of named) if (!known.includes(name)) throw noSuchDatabase({ name, known });
  const meant = named.length === 0 ? known : [...new Set(named)];
  const isEmbedded = (name: string) => isEmbeddedAddress(all[name]?.url ?? "");
  const embedded = meant.find(isEmbedded);
  if (embedded !== undefined)
    throw embeddedCannot({
      database: embedded,
      what: "a recovery",
      others: known.filter((name) => !isEmbedded(name)),
    });
  return meant;
}
