import { z } from "zod";
import { Duration, Recurrence } from "../terms/index.js";

export { embeddedMistakes } from "./embedded.js";

/** A database of the service. */
export const DatabaseSettings = z.strictObject({
  url: z
    .string()
    .min(1)
    .describe(
      `Address of the PostgreSQL database; write it as a variable such as \${SHOP_DATABASE_URL}, not \${DATABASE_URL}: there Atoms keeps its own state. Of a service that has its database embedded (PGlite): pglite+https://:token@host/path, where it answers its own dump.`,
    ),
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of an environment variable" })
    .default("DATABASE_URL")
    .describe("The service's variable that holds this address; a recovery points it at another database."),
  scratch_url: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A server where a database may be made to try a backup in; the database's own server when left out.",
    ),
});
export type DatabaseSettings = z.output<typeof DatabaseSettings>;

/** A bucket of a store that speaks S3. */
export const S3Settings = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: "expected an address such as https://s3.eu-central-1.amazonaws.com" })
    .describe("Address of the store, without the bucket."),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "expected the name of a bucket, such as shop-backups",
    })
    .describe("Name of the bucket; it must exist."),
  region: z.string().min(1).default("auto").describe("Region that requests are signed for."),
  prefix: z
    .string()
    .regex(/^([\w.-]+\/)*[\w.-]*$/, { error: "expected a path such as atoms/shop" })
    .default("")
    .describe("Put before the name of every backup."),
  access_key_id: z.string().min(1).describe("Write it as a variable."),
  secret_access_key: z.string().min(1).describe("Write it as a variable."),
});
export type S3Settings = z.output<typeof S3Settings>;

/** How many full backups are kept, by age: the newest of each day, week and month. */
export const RetentionSettings = z.strictObject({
  last: z.int().min(1).max(1_000).default(7).describe("The newest, whatever their age."),
  daily: z.int().min(0).max(1_000).default(14).describe("The newest of a day, for so many days."),
  weekly: z.int().min(0).max(1_000).default(8).describe("The newest of a week, for so many weeks."),
  monthly: z.int().min(0).max(1_000).default(12).describe("The newest of a month, for so many months."),
});
export type RetentionSettings = z.output<typeof RetentionSettings>;

/** When the background control plane takes a full backup. */
export const BackupSchedule = Recurrence.extend({
  verify: z
    .boolean()
    .default(true)
    .describe("Restores each into a scratch database, and compares rows and checksums."),
  within: Duration.prefault("2h").describe(
    "A time that was slept through is made up for within this; after it, the next one counts.",
  ),
});
export type BackupSchedule = z.output<typeof BackupSchedule>;

/** What is kept before anything is touched, and where. */
export const BackupSettings = z.strictObject({
  folder: z
    .string()
    .min(1)
    .default("backups")
    .describe("Folder the backups are written to, from the playbook's own folder. It is never shipped."),
  recipients: z
    .array(
      z
        .string()
        .regex(/^age1[0-9a-z]+$/, "expected an age public key, such as age1… as `age-keygen` prints it")
        .describe("An age public key."),
    )
    .default([])
    .describe(
      "Public keys that the values of variables are encrypted to. With none, a key pair is made once under .atoms/keys.",
    ),
  keep: z
    .int()
    .min(1)
    .max(10_000)
    .default(30)
    .describe(
      "How many backups of releases are kept. The newest intact one, and those of running releases, are kept in any case.",
    ),
  databases: z
    .record(
      z
        .string()
        .regex(/^[a-z][a-z0-9_-]{0,40}$/, { error: "expected a name of small letters, such as main" }),
      DatabaseSettings,
    )
    .default({})
    .describe("Databases of the service that `atoms backup create` dumps, by a name of your own."),
  s3: S3Settings.optional().describe(
    "Where full backups go, instead of the folder: a bucket of Amazon S3 or of a store that speaks like it.",
  ),
  retention: RetentionSettings.prefault({}).describe(
    "Full backups that are kept. The newest that was verified is kept in any case.",
  ),
  schedule: BackupSchedule.optional().describe(
    "When the background control plane (`atoms up`) takes a full backup. Left out: only when asked.",
  ),
});
export type BackupSettings = z.output<typeof BackupSettings>;
