import type { Clock, Platform } from "../terms/index.js";
import type { DumpKind } from "./embedded.js";
import type { Backup, BackupContents, BackupEntry, DatabaseContents, DatabaseFacts } from "./model.js";

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

/** The bytes of a file as they come. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** Where full backups lie: a folder, or a bucket. Names are single words; a backup is a set of files under its id. */
export interface BackupVault {
  /** To be shown. */
  readonly where: string;
  /** Ids that have a file, whole or not, in no order. */
  ids(): Promise<string[]>;
  /**
   * Writes a file whole or not at all.
   * @throws ATM-244 for what the store refuses, ATM-218 and ATM-219 for what the disk refuses.
   */
  write(id: string, file: string, data: ByteStream, signal?: AbortSignal): Promise<void>;
  /** The bytes of a file; undefined when there is none. @throws likewise. */
  read(id: string, file: string, signal?: AbortSignal): Promise<ByteStream | undefined>;
  /** Removes a backup, its manifest first. Gone already: nothing. */
  remove(id: string): Promise<void>;
}

/** Encryption to age keys. */
export interface BackupCipher {
  /** Public keys that is encrypted to; a key is made if there is none. `made`: where it was put. */
  recipients(): Promise<{ recipients: readonly string[]; made?: string }>;
  seal(data: ByteStream, recipients: readonly string[]): Promise<ByteStream>;
  /** @returns undefined when none of the private keys at hand opens it. Damage is thrown while reading. */
  open(data: ByteStream): Promise<ByteStream | undefined>;
}

/** Counts bytes and digests them as they pass. */
export type Digesting = { data: ByteStream; result(): { bytes: number; sha256: string } };

/** The databases of services. Addresses are secret; what is thrown and returned names none of them in full. */
export interface Databases {
  /** Whether this can be an address at all. */
  understands(url: string): boolean;
  /** What its dumps are. Works without reaching it. */
  dumpKind(url: string): DumpKind;
  /** Host, port and name of an address, without password. */
  shown(url: string): string;
  /** First 8 hex digits of SHA-256 over `host:port/dbname`. */
  target(url: string): string;
  /** @returns undefined when the server is there and the database is not. @throws ATM-232, 233, 247. */
  facts(url: string, signal?: AbortSignal): Promise<DatabaseFacts | undefined>;
  /** What it is made of, without reading rows. */
  objects(url: string, signal?: AbortSignal): Promise<Record<string, string>>;
  /** Counts and hashes every row. @param onTable Told how many tables are done, and of how many. */
  contents(url: string, onTable?: OnTable, signal?: AbortSignal): Promise<DatabaseContents>;
  /**
   * Dumps it, and measures what it holds in the same snapshot, both at once.
   * @param how.take Takes the dump, as `dumpKind` says.
   * @throws ATM-230 to 234; of an embedded one ATM-232, 251 to 253.
   */
  dump(
    url: string,
    how: { take: (data: ByteStream) => Promise<void>; onTable?: OnTable },
    signal?: AbortSignal,
  ): Promise<{ facts: DatabaseFacts; contents: DatabaseContents }>;
  /**
   * Restores a dump into an empty database.
   * @param how.server Version of the server it was taken from.
   * @param how.roles Roles that the dump names. Those that this server lacks are made, without login and password.
   * @throws ATM-230, 231, 233, 235, 253 for an embedded one, and what reading `data` throws.
   */
  restore(
    url: string,
    data: ByteStream,
    how: { server: string; roles?: readonly string[]; signal?: AbortSignal | undefined },
  ): Promise<void>;
  /**
   * Makes an empty database on the same server, and removes scratch databases that were left behind.
   * @param how.name Its name; a scratch name when left out. @returns its address. @throws ATM-242.
   */
  make(
    url: string,
    how: { locale?: DatabaseFacts["locale"]; name?: string },
    signal?: AbortSignal,
  ): Promise<string>;
  /** Removes a database, cutting its connections. Gone already: nothing. */
  drop(url: string, signal?: AbortSignal): Promise<void>;
  /**
   * Puts `fresh` in the place of `url`, which is kept under the name `aside`: both renamed at once or neither, its
   * connections cut. Without a database at `url` only `fresh` is renamed. A service that has its database embedded is sent
   * the dump, and changes them over itself.
   * @throws ATM-243; of an embedded one ATM-232, 251, 252, 254, 255.
   */
  swap(url: string, fresh: string, aside: string, signal?: AbortSignal): Promise<void>;
  /** A remark that the server keeps with a database through every renaming; undefined without one, or without the database. */
  label(url: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Writes that remark. @throws ATM-233 when the role does not own the database. */
  setLabel(url: string, text: string, signal?: AbortSignal): Promise<void>;
  /** Whether it has no tables. */
  isEmpty(url: string, signal?: AbortSignal): Promise<boolean>;
}

/** Told how many tables are counted, and of how many. */
export type OnTable = (done: number, of: number) => void;

/** How far something is, for whoever waits. */
export type Progress = {
  /** A few words: "dumping main". */
  doing: string;
  /** Bytes so far. */
  bytes?: number;
  /** Bytes in all, where that is known. */
  of?: number;
};

/** All that full backups need from outside. */
export interface FullBackupPorts {
  vault: BackupVault;
  cipher: BackupCipher;
  databases: Databases;
  clock: Clock;
  digesting(data: ByteStream): Digesting;
  progress(progress: Progress): void;
}
