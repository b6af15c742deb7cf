import { z } from "zod";
import type { PlatformName, Production, Variable } from "../terms/index.js";

/** Everything that is kept of one moment, as it was read from the platform. Holds secrets; never written down as it is. */
export type BackupContents = {
  release: string;
  service: string;
  environment: string;
  platform: PlatformName;
  /** Milliseconds since the epoch. */
  createdAt: number;
  production: Production;
  aliases: { host: string; deployment: string }[];
  variables: Variable[];
};

/** The list of what a backup holds, written last: a folder without it is not a backup. */
export const BackupManifest = z.strictObject({
  format: z.literal(1),
  release: z.string(),
  service: z.string(),
  environment: z.string(),
  platform: z.enum(["local", "vercel"]),
  created_at: z.iso.datetime(),
  /** What production served; null before the first release. */
  deployment: z
    .strictObject({ id: z.string(), address: z.string(), version: z.string().optional() })
    .nullable(),
  variables: z.strictObject({
    /** Names whose values are in variables.age. */
    kept: z.array(z.string()),
    /** Names whose values the platform does not show to anybody. */
    not_restorable: z.array(z.string()),
  }),
  /** Public keys that variables.age can be opened with; empty when there was no value to keep. */
  recipients: z.array(z.string()),
  files: z.array(
    z.strictObject({ path: z.string(), bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});
export type BackupManifest = z.output<typeof BackupManifest>;

/** A variable as it is kept encrypted. */
export const KeptVariable = z.strictObject({
  key: z.string(),
  targets: z.array(z.string()),
  value: z.string(),
});
export type KeptVariable = z.output<typeof KeptVariable>;

/** A backup as it lies in its folder. No secrets. */
export type Backup = {
  /** Name of its folder: `deploy_YYYYMMDD_HHMMSS_<release>`, the time in UTC. */
  id: string;
  /** Full path of its folder. */
  folder: string;
  manifest: BackupManifest;
  /** SHA-256 of the manifest in hex: with it, the whole backup can be proven unchanged. */
  digest: string;
  /** Path of the private key that was made for this backup because the playbook names no recipient. */
  keyMade?: string;
};

/** One entry of the backups folder, sound or not. */
export type BackupEntry = {
  id: string;
  folder: string;
  release: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** The manifest is readable and every file has the digest that it tells. */
  good: boolean;
};

/** What a check of one backup found. */
export type BackupCheck =
  | {
      intact: true;
      manifest: BackupManifest;
      files: number;
      /** Whether the values were opened too; "nothing kept" when the backup holds none. */
      values: "opened" | "not tried" | "nothing kept";
    }
  | { intact: false; faults: string[] };

/** Rows of one table, and the sum of their hashes: the same rows give the same sum, in any order. */
export const TableCount = z.strictObject({
  table: z.string(),
  rows: z.int().min(0),
  checksum: z.string().regex(/^-?\d+$/),
});
export type TableCount = z.output<typeof TableCount>;

/** What a database holds, measured in one snapshot. */
export const DatabaseContents = z.strictObject({
  tables: z.array(TableCount),
  /** Tables, indexes, constraints, functions and the like, by kind and name: a hash of the words that define each. */
  objects: z.record(z.string(), z.string()),
  /** Sequences by name: at least as far as this. They know no snapshot. */
  sequences: z.record(z.string(), z.string().regex(/^-?\d+$/)),
});
export type DatabaseContents = z.output<typeof DatabaseContents>;

/** What can be said of a database without reading its rows. */
export const DatabaseFacts = z.strictObject({
  /** Its own name on the server. */
  name: z.string(),
  /** Host, port and name, to be shown. */
  where: z.string(),
  /** First 8 hex digits of SHA-256 over `host:port/dbname`, as the service's health tells it. */
  target: z.string(),
  /** Version of the server, e.g. "15.14". */
  server: z.string(),
  /** Size on the server's disk. */
  bytes: z.number(),
  locale: z.strictObject({ encoding: z.string(), collate: z.string(), ctype: z.string() }),
  /** Roles of the server that own, may use or are named by something in it. A dump names them, and has none of them. */
  roles: z.array(z.string()).optional(),
});
export type DatabaseFacts = z.output<typeof DatabaseFacts>;

/** A file of a backup as the manifest tells of it. */
const KeptFile = z.strictObject({
  path: z.string().regex(/^[a-z0-9][\w.-]*$/),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What a backup asked for by hand or by the clock holds; written last: without it there is no backup. */
export const FullManifest = z.strictObject({
  format: z.literal(2),
  id: z.string(),
  service: z.string(),
  environment: z.string(),
  platform: z.enum(["local", "vercel"]),
  created_at: z.iso.datetime(),
  /** Who or what asked for it: a name, or "schedule". */
  by: z.string(),
  /** What production served; null before the first release, absent when the platform could not be asked. */
  deployment: z
    .strictObject({ id: z.string(), address: z.string(), version: z.string().optional() })
    .nullable()
    .optional(),
  variables: z.strictObject({ kept: z.array(z.string()), not_restorable: z.array(z.string()) }),
  recipients: z.array(z.string()),
  databases: z.array(
    z.strictObject({
      /** As the playbook calls it. */
      name: z.string(),
      /** The encrypted dump. */
      file: z.string(),
      /** What the dump is: of `pg_dump` in custom format when left out, or PGlite's own, a packed tar of all its files. */
      dump: z.enum(["pg_dump", "pglite"]).optional(),
      facts: DatabaseFacts,
      contents: DatabaseContents,
    }),
  ),
  files: z.array(KeptFile),
});
export type FullManifest = z.output<typeof FullManifest>;

/** A full backup as it lies in its store. No secrets. */
export type FullBackup = {
  id: string;
  manifest: FullManifest;
  /** SHA-256 of the manifest in hex. */
  digest: string;
  /** Bytes of all its files. */
  bytes: number;
};

/** One entry of the store: a backup, or what is none and why. */
export type FullEntry =
  | { id: string; createdAt: number; sound: true; backup: FullBackup }
  | { id: string; createdAt: number; sound: false; because: string };

/** What restoring one database into a scratch one, or beside, has shown. */
export type RestoreProof = {
  database: string;
  rows: number;
  tables: number;
  /** One sentence each; empty when everything is as it was. */
  differences: string[];
  ms: number;
};

/** What a verification of a full backup found. */
export type FullCheck = {
  id: string;
  sound: boolean;
  /** One sentence each: what is wrong with its files. */
  faults: string[];
  databases: RestoreProof[];
  ms: number;
};
