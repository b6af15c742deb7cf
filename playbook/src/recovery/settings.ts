import { z } from "zod";
import { Duration, PositiveDuration, Recurrence } from "../terms/index.js";
import { BreachSettings } from "./breach/settings.js";
import { OutageSettings } from "./outage/settings.js";
import { drills } from "./scenarios.js";

export { breachMistakes } from "./breach/settings.js";
export { outageMistakes } from "./outage/settings.js";

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
  shut_out: PositiveDuration.prefault("5m").describe(
    "In a drill of security_breach: from the leak until what was leaked opens nothing any more.",
  ),
});
export type RecoveryTargets = z.output<typeof RecoveryTargets>;

/** When the background control plane drills. */
const DrillSchedule = Recurrence.extend({
  within: Duration.prefault("2h").describe(
    "A time that was slept through is made up for within this; after it, the next one counts.",
  ),
});

/** How a secret opens the service from outside. */
const Intrusion = z.strictObject({
  variable: z
    .string()
    .min(1)
    .describe("A secret of recovery.security_breach.secrets that is no database's; these are tried anyway."),
  path: z
    .string()
    .startsWith("/", { error: "expected a path that begins with /" })
    .describe("What is asked of the service."),
  method: z.enum(["GET", "POST"]).default("GET").describe("How it is asked."),
  header: z
    .string()
    .regex(/^[\w-]+$/, { error: "expected the name of a header" })
    .default("authorization")
    .describe("The header that holds the secret."),
  value: z
    .string()
    .min(1)
    .default("Bearer {secret}")
    .describe("What the header holds; {secret} stands for the secret."),
  body: z.string().optional().describe("What is sent along, as JSON; {secret} stands for the secret."),
});
export type Intrusion = z.output<typeof Intrusion>;

/** How a recovery is rehearsed. */
export const DrillSettings = z.strictObject({
  server_url: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Address of a PostgreSQL server that is not production's, where a drill may make databases named atoms_drill_… and remove them; write it as a variable. Left out: a drill runs PostgreSQL itself, from PATH or Debian's folders, and removes it.",
    ),
  failure: z
    .enum(["server", "database"])
    .optional()
    .describe(
      "What is broken. server: the server stops, and is lost. database: the database is dropped. Left out: server where the drill runs PostgreSQL itself, else database.",
    ),
  after_backup: Duration.prefault("5s").describe(
    "How long writes go on between the backup and the failure: they are lost, and are the RPO that is measured.",
  ),
  prepare: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Command run in the source folder before the service is deployed, with the variables of the databases set to the drill's: the place for migrations that the service does not run by itself.",
    ),
  variables: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .default({})
    .describe("Variables of the service in a drill, besides and before those of platforms.local.variables."),
  intruder: z
    .array(Intrusion)
    .max(20)
    .default([])
    .describe(
      "For security_breach: requests by which a secret opens the service. Each has to be answered with 2xx by the right value, and with 401 or 403 by a wrong one.",
    ),
  deadline: PositiveDuration.prefault("30m").describe("The longest a drill may take; it is ended then."),
  schedule: DrillSchedule.optional().describe(
    "The game day: when the background control plane (`atoms up`) drills; a drill that does not pass pages whoever is on call. Left out: only when asked.",
  ),
  scenarios: z
    .array(z.enum(drills))
    .min(1)
    .refine((all) => new Set(all).size === all.length, { error: "each scenario once" })
    .optional()
    .describe(
      "What is drilled on the game day, one after the other. Left out: every scenario that this playbook has what is needed for.",
    ),
});
export type DrillSettings = z.output<typeof DrillSettings>;

/** How the service is brought back after a disaster. */
export const RecoverySettings = z.strictObject({
  databases: z
    .record(z.string(), RecoveryDatabaseSettings)
    .default({})
    .describe("Databases by their names in backup.databases."),
  targets: RecoveryTargets.prefault({}).describe("What a recovery is measured against."),
  security_breach: BreachSettings.prefault({}).describe(
    "Which secrets get a new value after a breach, and how; and what only people can do.",
  ),
  service_outage: OutageSettings.prefault({}).describe(
    "Where users are led when the service does not answer from where it runs.",
  ),
  deadline: PositiveDuration.prefault("6h").describe("The longest a restore may take."),
  settle: PositiveDuration.prefault("2m").describe(
    "How long the service's health may take to say that the database is well.",
  ),
  channel: z
    .string()
    .min(1)
    .optional()
    .describe("Where a recovery is told; slack_channels.incidents, else #incidents, when left out."),
  drill: DrillSettings.prefault({}).describe("How `atoms recover … --drill` rehearses a recovery."),
});
export type RecoverySettings = z.output<typeof RecoverySettings>;
