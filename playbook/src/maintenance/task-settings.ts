import { z } from "zod";
import { PositiveDuration } from "../terms/index.js";

const minute = 60_000;

const taskOf = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,40}$/, { error: "expected a name of small letters, such as vacuum" })
    .describe("Name of the task, for `--task` and the ledger."),
  door: z
    .enum(["closed", "open"])
    .optional()
    .describe(
      "Whether users are turned away while it runs. Left out: open for dependencies, which touch nothing that serves, and closed for the others. The door is closed when one task of a maintenance wants that; when all leave it open, it is not.",
    ),
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

const refName = /^(?![-/])(?!.*(\.\.|@\{|\/\/))[\w./@-]+(?<![/.])$/;

/** Updates dependencies as a tested branch. */
const DependenciesTask = z.strictObject({
  ...taskOf,
  kind: z
    .literal("dependencies")
    .describe(
      "Updates the dependencies of a committed npm lockfile on a branch of its own, atoms/dependencies-<date>, kept only when the tests pass. Your working tree is not touched.",
    ),
  folder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Folder with the package.json, from the playbook's folder, in a git repository. Left out: the folder that is shipped.",
    ),
  base: z
    .string()
    .regex(refName, { error: "expected a branch, tag or commit, such as main" })
    .default("HEAD")
    .describe("What the branch begins at; HEAD is what is checked out, without what is not committed."),
  only: z
    .array(
      z
        .string()
        .regex(/^(@[\w.-]+\/)?[\w.-]+$/, { error: "expected the name of a package, such as @scope/name" }),
    )
    .min(1)
    .max(200)
    .optional()
    .describe("Packages that may be updated. Left out: all of them, those of others too."),
  update: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A command that changes package.json and lockfile, in place of `npm update` within what package.json allows, such as npm install --package-lock-only zod@latest.",
    ),
  tests: z
    .string()
    .min(1)
    .default("npm test")
    .describe("Command that has to end with 0, after `npm ci`, in that folder."),
  tests_within: PositiveDuration.default(15 * minute).describe("The longest the tests may run."),
  variables: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of a variable" }))
    .max(100)
    .default([])
    .describe(
      "Names of the variables that npm and the tests get from Atoms' own, besides PATH, HOME, the proxy's and npm's: code that is new to everybody is run, so it gets no secret by itself.",
    ),
  push: z.boolean().default(false).describe("Whether the branch is pushed when the tests pass."),
  remote: z
    .string()
    .regex(/^[\w][\w.-]*$/, { error: "expected the name of a remote, such as origin" })
    .default("origin")
    .describe("Where it is pushed to."),
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
export const MaintenanceTask = z.discriminatedUnion("kind", [
  VacuumTask,
  CacheTask,
  DependenciesTask,
  CommandTask,
]);
export type MaintenanceTask = z.output<typeof MaintenanceTask>;

/** Whether a task wants the door closed. */
export const taskDoor = ({ kind, door }: Pick<MaintenanceTask, "kind" | "door">): "closed" | "open" =>
  door ?? (kind === "dependencies" ? "open" : "closed");

/** What becomes of the door in a maintenance of these tasks: without any, or when it is held after them, closing it is what it is for. */
export const doorOf = (
  tasks: readonly Pick<MaintenanceTask, "kind" | "door">[],
  hold: boolean,
): "closed" | "open" =>
  hold || tasks.length === 0 || tasks.some((task) => taskDoor(task) === "closed") ? "closed" : "open";

/** Names of the caches that these tasks clear, each once. */
export const clearedBy = (tasks: readonly MaintenanceTask[]): string[] => [
  ...new Set(tasks.flatMap((task) => (task.kind === "cache" ? [task.cache] : []))),
];
