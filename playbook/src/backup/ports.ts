import type { Platform } from "../terms/index.js";
import type { Backup, BackupContents, BackupEntry } from "./model.js";

/** Where backups lie. */
export interface BackupStore {
  /** The intact backup of a release, if there is one. */
  find(release: string): Promise<Backup | undefined>;
  /**
   * Writes a backup whole or not at all. Values of variables are encrypted before they reach the disk.
   * @throws what the disk refuses; a key that cannot be used.
   */
  write(contents: BackupContents, signal?: AbortSignal): Promise<Backup>;
  list(): Promise<BackupEntry[]>;
  /** Removes one backup of this store. Does nothing when it is gone. */
  remove(id: string): Promise<void>;
}

/** All that taking a backup needs from outside. */
export interface BackupPorts {
  platform: Platform;
  store: BackupStore;
  /** Ids of the releases that are running: their backups are not pruned. */
  running(): Promise<readonly string[]>;
}
