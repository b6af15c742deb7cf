import { z } from "zod";
import { PositiveDuration } from "../terms/index.js";

const minute = 60_000;

const taskOf = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,40}$/, { error: "expected a name of small letters, such as vacuum" })
    .describe("Name of the task, for `--task` and the ledger."),
  within: PositiveDuration.default(30 * minute).describe(
    "The longest it may take; it is cut short then, and when the maintenance's own time is up.",
  ),
};

/** Cleans a database and counts its rows anew for the planner, table by table. */
const VacuumTask = z.strictObject({
  ...taskOf,
  kind: z.literal("vacuum").describe("`VACUUM (ANALYZE)` of every table, with progress."),
  database: z.string().min(1).describe("Name of a database under `backup.databases`."),
});

/** Clears a cache of the playbook. */
const CacheTask = z.strictObject({
  ...taskOf,
  kind: z
    .literal("cache")
    .describe(
      "Clears a cache, batch by batch, with progress. Whoever starts it has to confirm by the cache's name; a window has to name the task.",
    ),
  cache: z.string().min(1).describe("Name of a cache under `maintenance.caches`."),
});

/** A shell command of one's own. */
const CommandTask = z.strictObject({
  ...taskOf,
  kind: z.literal("command").describe("A shell command, in the playbook's folder."),
  run: z.string().min(1).describe("The command. It gets ATOMS_MAINTENANCE, the id of the maintenance."),
  repeatable: z
    .boolean()
    .default(false)
    .describe(
      "Whether it may be run again when the process that ran it died. false: it counts as failed then, for a person to look at.",
    ),
});

/** One piece of work behind the closed door. */
export const MaintenanceTask = z.discriminatedUnion("kind", [VacuumTask, CacheTask, CommandTask]);
export type MaintenanceTask = z.output<typeof MaintenanceTask>;

/** Names of the caches that these tasks clear, each once. */
export const clearedBy = (tasks: readonly MaintenanceTask[]): string[] => [
  ...new Set(tasks.flatMap((task) => (task.kind === "cache" ? [task.cache] : []))),
];
