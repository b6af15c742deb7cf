import { z } from "zod";
import { Duration, formatDuration, PositiveDuration, Recurrence } from "../terms/index.js";
import { CacheSettings } from "./caches.js";
import type { DoorWords } from "./judge.js";
import { clearedBy, doorOf, MaintenanceTask } from "./task-settings.js";

const minute = 60_000;

/** By what the service is told at once. */
export const FlagSettings = z
  .strictObject({
    database: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Name of a database under `backup.databases`, the one that the service reads its flags from.",
      ),
    config: z
      .string()
      .regex(/^[\w-]{1,64}$/, { error: "expected the id or the slug of a Global Config" })
      .optional()
      .describe(
        "In place of a database: slug or id of the platform's Global Config (Edge Config) that the service reads; `name` is the key of its item then.",
      ),
    table: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/, {
        error: "expected the name of a table, such as service_flags or app.flags",
      })
      .default("service_flags")
      .describe("Its table: a unique column `name`, and a column `value` of type jsonb."),
    name: z.string().min(1).max(200).default("maintenance").describe("Name of the row, or key of the item."),
  })
  .refine(({ database, config }) => (database === undefined) !== (config === undefined), {
    path: ["database"],
    error: "expected either a database or a config: where the service reads its flag",
  })
  .refine(({ config, name }) => config === undefined || /^[\w-]{1,256}$/.test(name), {
    path: ["name"],
    error: "expected a key of letters, digits, _ and -, because it is an item of a config",
  });
export type FlagSettings = z.output<typeof FlagSettings>;

/** A time at which a maintenance begins by itself. */
export const MaintenanceWindow = Recurrence.extend({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,40}$/, { error: "expected a name of small letters, such as night" })
    .describe("Name of the window."),
  for: PositiveDuration.describe("How long it lasts at the most."),
  because: z
    .string()
    .min(1)
    .max(300)
    .regex(/^[^\p{Cc}]*$/u, { error: "expected one line of text" })
    .default("planned maintenance")
    .describe("What it is for; channels hear it."),
  public: z
    .string()
    .min(1)
    .max(300)
    .regex(/^[^\p{Cc}]*$/u, { error: "expected one line of text" })
    .optional()
    .describe("What the public status page says it is for. Left out: that it is planned maintenance."),
  tasks: z
    .array(z.string().min(1))
    .max(50)
    .optional()
    .describe(
      "Names of the tasks; all of them when left out, and none for []: it is closed for its whole time then.",
    ),
  hold: z.boolean().default(false).describe("Whether it stays closed after its tasks, until it is ended."),
  announce: z
    .array(PositiveDuration)
    .max(10)
    .default([86_400_000, 3_600_000])
    .describe("How long before it begins channels hear of it."),
  within: Duration.prefault("15m").describe(
    "One that was slept through still begins within this; after it, the next one counts.",
  ),
});
export type MaintenanceWindow = z.output<typeof MaintenanceWindow>;

/** How a service is put into maintenance and taken out of it. */
export const MaintenanceSettings = z.strictObject({
  flag: FlagSettings.optional().describe(
    "The row, or the platform's item, by which running processes are told at once. Without it there is no maintenance that closes the door.",
  ),
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of an environment variable" })
    .default("MAINTENANCE_MODE")
    .describe(
      "Variable of the platform by which later deployments are told; set to true, and to false after it.",
    ),
  door: z
    .strictObject({
      field: z
        .string()
        .min(1)
        .default("maintenance")
        .describe(
          "Member of the health answer that says whether it is in maintenance: true, or the word maintenance; dots go inwards.",
        ),
    })
    .prefault({})
    .describe("How each production host proves that its door is closed, at the path `service.health`."),
  closes_within: PositiveDuration.default(30_000).describe(
    "How long the hosts have to say that they are closed; after it the flag is taken back and nothing is done.",
  ),
  opens_within: PositiveDuration.default(minute).describe(
    "How long the hosts have to say that they are open and well; after it the door is closed again.",
  ),
  lasts: PositiveDuration.default(60 * minute).describe(
    "How long a maintenance lasts at the most when nothing is said (`--for`); then it is lifted, whoever is still alive.",
  ),
  at_most: PositiveDuration.default(8 * 60 * minute).describe("The longest that may be asked for."),
  caches: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, {
        error: "expected a name of small letters, such as pages",
      }),
      CacheSettings,
    )
    .default({})
    .describe("The caches that a task may clear, by name; nothing else of a server is touched."),
  tasks: z
    .array(MaintenanceTask)
    .max(50)
    .default([])
    .describe("What is done behind the closed door, in this order. One that fails ends the others."),
  windows: z
    .array(MaintenanceWindow)
    .max(20)
    .default([])
    .describe("When the background control plane (`atoms up`) begins a maintenance by itself."),
  channels: z
    .array(z.string().regex(/^[^\s\p{Cc}]{1,200}$/u, { error: "expected a channel, without spaces" }))
    .max(20)
    .optional()
    .describe(
      "Channels that hear of its beginning and its end. Left out: `slack_channels.deployments`, else #deployments.",
    ),
});
export type MaintenanceSettings = z.output<typeof MaintenanceSettings>;

/** What becomes of the door in a window. @param all Every task of the playbook, for a window that names none. */
export const windowDoor = (
  { tasks, hold }: Pick<MaintenanceWindow, "tasks" | "hold">,
  all: readonly MaintenanceTask[],
): "closed" | "open" =>
  doorOf(tasks === undefined ? all : all.filter(({ name }) => tasks.includes(name)), hold);

/** Rules between its settings that no single one can see. @param known Names of the playbook's databases. */
export function maintenanceMistakes(
  { flag, caches, tasks, windows, at_most }: MaintenanceSettings,
  known: readonly string[],
): { path: (string | number)[]; message: string }[] {
  const named = [
    ...(flag?.database === undefined
      ? []
      : [{ path: ["maintenance", "flag", "database"], name: flag.database }]),
    ...tasks.flatMap((task, i) =>
      task.kind === "vacuum" ? [{ path: ["maintenance", "tasks", i, "database"], name: task.database }] : [],
    ),
  ];
  const twice = tasks.flatMap(({ name }, i) =>
    tasks.findIndex((one) => one.name === name) === i
      ? []
      : [{ path: ["maintenance", "tasks", i, "name"], message: `is the name of an earlier task: ${name}` }],
  );
  const missing = named
    .filter(({ name }) => !known.includes(name))
    .map(({ path }) => ({
      path,
      message: `is none of backup.databases${known.length === 0 ? ", which names none" : `: ${known.join(", ")}`}`,
    }));
  const cached = Object.keys(caches);
  const noCache = tasks.flatMap((task, i) =>
    task.kind !== "cache" || cached.includes(task.cache)
      ? []
      : [
          {
            path: ["maintenance", "tasks", i, "cache"],
            message: `is none of maintenance.caches${cached.length === 0 ? ", which names none" : `: ${cached.join(", ")}`}`,
          },
        ],
  );
  const chosenTwice = tasks.flatMap((task, i) =>
    task.kind === "dependencies" && task.only !== undefined && task.update !== undefined
      ? [
          {
            path: ["maintenance", "tasks", i, "only"],
            message: "cannot stand beside update: the command names its packages itself",
          },
        ]
      : [],
  );
  const names = tasks.map(({ name }) => name);
  const clears = clearedBy(tasks);
  const planned = windows.flatMap((window, i) => [
    ...(window.tasks ?? []).flatMap((task, j) =>
      names.includes(task)
        ? []
        : [
            {
              path: ["maintenance", "windows", i, "tasks", j],
              message: `is none of maintenance.tasks${names.length === 0 ? ", which names none" : `: ${names.join(", ")}`}`,
            },
          ],
    ),
    ...(window.for > at_most
      ? [
          {
            path: ["maintenance", "windows", i, "for"],
            message: `is more than maintenance.at_most, ${formatDuration(at_most)}`,
          },
        ]
      : []),
    ...(windows.findIndex(({ name }) => name === window.name) === i
      ? []
      : [
          {
            path: ["maintenance", "windows", i, "name"],
            message: `is the name of an earlier window: ${window.name}`,
          },
        ]),
    ...(flag === undefined && windowDoor(window, tasks) === "closed"
      ? [{ path: ["maintenance", "windows", i], message: "cannot close anything without maintenance.flag" }]
      : []),
    // Nobody is asked when a window begins: that it clears something has to stand there.
    ...(window.tasks === undefined && clears.length > 0
      ? [
          {
            path: ["maintenance", "windows", i, "tasks"],
            message: `is missing: a window names its tasks where one clears a cache (${clears.join(", ")})`,
          },
        ]
      : []),
  ]);
  return [...missing, ...noCache, ...chosenTwice, ...twice, ...planned];
}

/** What the playbook says of maintenance, ready to use. Times in milliseconds. */
export type MaintenanceRules = {
  door: DoorWords;
  closesWithin: number;
  opensWithin: number;
  /** The platform's variable for later deployments. */
  variable: string;
  channels: readonly string[];
};

/** Makes the playbook's words ready to use. @param more.deployments Where releases are talked about. @param more.health How the service says that it is well. */
export function maintenanceRules(
  settings: MaintenanceSettings,
  more: { deployments: string | undefined; health: { field: string; words: readonly string[] } },
): MaintenanceRules {
  return {
    door: { field: settings.door.field, status: more.health.field, words: more.health.words },
    closesWithin: settings.closes_within,
    opensWithin: settings.opens_within,
    variable: settings.variable,
    channels: settings.channels ?? [more.deployments ?? "#deployments"],
  };
}
