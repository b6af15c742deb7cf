import type { PlatformName } from "../terms/index.js";
import { toPrune } from "./decide.js";
import type { Backup } from "./model.js";
import type { BackupPorts } from "./ports.js";
import type { BackupSettings } from "./settings.js";

/** For whom a backup is taken. */
export type BackupOrder = {
  release: string;
  service: string;
  environment: string;
  platform: PlatformName;
  /** Stamp of the backup, in milliseconds since the epoch; of the release's own start, so that a repeat has the same. */
  at: number;
};

/**
 * Keeps what production is now, before anything is touched, then prunes what is too old. Safe to run twice: a release
 * that has an intact backup gets that one.
 * @returns The backup, whether it was there already, and the ids of the backups that were pruned.
 * @throws What the platform or the disk refuses. That an old backup cannot be removed is told in `notPruned`, not thrown.
 */
export async function takeBackup(
  settings: BackupSettings,
  ports: BackupPorts,
  order: BackupOrder,
  signal?: AbortSignal,
): Promise<{ backup: Backup; again: boolean; pruned: string[]; notPruned: string[] }> {
  const { store, platform } = ports;
  const standing = await store.find(order.release);
  if (standing !== undefined) return { backup: standing, again: true, pruned: [], notPruned: [] };
  const [production, aliases, variables] = await Promise.all([
    platform.production(signal),
    platform.aliases(signal),
    platform.variables({ values: true }, signal),
  ]);
  const { at, ...whose } = order;
  const backup = await store.write({ ...whose, createdAt: at, production, aliases, variables }, signal);
  const held = [order.release, ...(await ports.running())];
  const pruned: string[] = [];
  const notPruned: string[] = [];
  for (const id of toPrune(await store.list(), { keep: settings.keep, held })) {
    try {
      await store.remove(id);
      pruned.push(id);
    } catch {
      notPruned.push(id);
    }
  }
  return { backup, again: false, pruned, notPruned };
}
