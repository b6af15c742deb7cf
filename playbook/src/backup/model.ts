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
