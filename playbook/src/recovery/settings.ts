import { z } from "zod";
import { PositiveDuration } from "../terms/index.js";

/** A path into the JSON of the service's health, such as checks.database.target. */
const HealthField = z.string().regex(/^[\w-]+(\.[\w-]+)*$/, {
  error: "expected a path into the health's JSON, such as checks.database.target",
});

/** What a recovery has to know of a database besides `backup.databases`. */
export const RecoveryDatabaseSettings = z.strictObject({
  standby_url: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Address of a database on another server that a backup is restored into when the own server is away; write it as a variable.",
    ),
  status: HealthField.default("checks.database.status").describe(
    "Where the service's health says how this database is.",
  ),
  words: z.array(z.string().min(1)).min(1).default(["healthy"]).describe("What it says when it is well."),
  target: HealthField.default("checks.database.target").describe(
    "Where the service's health says which database it uses: the first 8 hex digits of SHA-256 over host:port/name.",
  ),
});
export type RecoveryDatabaseSettings = z.output<typeof RecoveryDatabaseSettings>;

/** What a recovery has to keep. */
export const RecoveryTargets = z.strictObject({
  rto: PositiveDuration.prefault("1m").describe(
    "From the failure, or from the command where that is not known, until every production host is proven well.",
  ),
  rpo: PositiveDuration.prefault("24h").describe(
    "The age of what is lost: from the backup until the failure.",
  ),
});
export type RecoveryTargets = z.output<typeof RecoveryTargets>;

/** How the service is brought back after a disaster. */
export const RecoverySettings = z.strictObject({
  databases: z
    .record(z.string(), RecoveryDatabaseSettings)
    .default({})
    .describe("Databases by their names in backup.databases."),
  targets: RecoveryTargets.prefault({}).describe("What a recovery is measured against."),
  deadline: PositiveDuration.prefault("6h").describe("The longest a restore may take."),
  settle: PositiveDuration.prefault("2m").describe(
    "How long the service's health may take to say that the database is well.",
  ),
  channel: z
    .string()
    .min(1)
    .optional()
    .describe("Where a recovery is told; slack_channels.incidents, else #incidents, when left out."),
});
export type RecoverySettings = z.output<typeof RecoverySettings>;
