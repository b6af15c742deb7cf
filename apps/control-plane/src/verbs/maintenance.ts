import {
  environmentUnknown,
  isMaintenanceOpen,
  type LedgerEntry,
  type Maintenance,
  type MaintenanceTask,
  maintenanceOf,
  nextWindows,
  type PlannedWindow,
  readMaintenance,
  taskDoor,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import {
  doingOf,
  endMaintenance as end,
  eventsIn,
  goOnWithLost,
  maintenanceIn,
  startMaintenance as start,
  taskText,
} from "../maintenance/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

const where = {
  ...playbookRef,
  environment: z.string().min(1).optional().describe("Must be the playbook's; for whoever wants to be sure."),
};
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, { error: "expected one line of text" });

async function opened(
  plane: ControlPlane,
  input: PlaybookRef & { environment?: string | undefined },
): Promise<OpenPlaybook> {
  const open = await plane.open(input);
  if (input.environment !== undefined && input.environment !== open.environment)
    throw environmentUnknown({ given: input.environment, known: open.environment });
  return open;
}

/** Closes the service for work, as a durable flow. Answers at once; `follow maintenance` tells how it goes. */
export const startMaintenance = defineVerb({
  name: "start maintenance",
  method: "POST",
  role: "operator",
  path: "/maintenance",
  summary: "Close the service for maintenance",
  input: z.strictObject({
    ...where,
    because: line(300).default("asked for by hand").describe("What it is for; users' channels hear it."),
    for: z
      .int()
      .min(1_000)
      .max(30 * 86_400_000)
      .optional()
      .describe("When it is lifted at the latest, in milliseconds from now; left out: `maintenance.lasts`."),
    tasks: z
      .array(z.string().min(1))
      .max(50)
      .optional()
      .describe("Tasks of the playbook; all of them when left out, and none for []."),
    hold: z
      .boolean()
      .default(false)
      .describe("Keep it closed after the tasks. Without any task it is kept closed anyway."),
    confirm: z
      .array(z.string().min(1))
      .max(50)
      .default([])
      .describe("Names of the caches that its tasks may clear, each of them."),
  }),
  async run(plane, input, actor): Promise<Maintenance> {
    const open = await opened(plane, input);
    const { because, tasks, hold, confirm } = input;
    const wish = { because, forMs: input.for, tasks, hold, confirmed: confirm };
    return start(plane, open, input, wish, actor);
  },
});

/** Asks the maintenance under way to end: it is looked at and opened. */
export const endMaintenance = defineVerb({
  name: "end maintenance",
  method: "POST",
  role: "operator",
  path: "/maintenance/end",
  summary: "End the maintenance under way",
  input: z.strictObject({
    ...where,
    anyway: line(300).optional().describe("Why it is to be opened even if it is not found well."),
  }),
  run: async (plane, input, actor): Promise<Maintenance> =>
    end(plane, await opened(plane, input), input, input.anyway, actor),
});

/** How a maintenance goes. */
export type MaintenanceNews = {
  maintenance: Maintenance;
  events: LedgerEntry[];
  /** What a task does at the moment, when it takes long. */
  doing?: string;
};

const pollMs = 150;

/** Tells how a maintenance goes: answers when there is news, when it is over, and after `waitMs`. */
export const followMaintenance = defineVerb({
  name: "follow maintenance",
  method: "GET",
  role: "viewer",
  path: "/maintenance/follow",
  summary: "Wait for news of a maintenance",
  input: z.strictObject({
    ...playbookRef,
    maintenance: z.string().min(1).describe("Its id."),
    after: z.int().min(0).default(0).describe("Only events with a greater place in the ledger."),
    doing: z.string().optional().describe("What the caller believes it is doing."),
    waitMs: z.int().min(0).max(20_000).default(1_000),
  }),
  async run(plane, input): Promise<MaintenanceNews | null> {
    const open = await plane.open(input);
    const until = plane.clock.monotonic() + input.waitMs;
    for (;;) {
      const all = (await eventsIn(plane, open, 20)).filter((one) => maintenanceOf(one) === input.maintenance);
      const [maintenance] = readMaintenance(all);
      if (maintenance === undefined) return null;
      const stuck = plane.stuck(maintenance.id);
      if (stuck !== undefined) throw stuck;
      const events = all.filter(({ seq }) => seq > input.after);
      const doing = doingOf(plane, maintenance.id);
      if (
        events.length > 0 ||
        doing !== input.doing ||
        !isMaintenanceOpen(maintenance) ||
        plane.clock.monotonic() >= until
      )
        return { maintenance, events, ...(doing === undefined ? {} : { doing }) };
      await plane.clock.sleep(pollMs);
    }
  },
});

/** A task of the playbook, as it is shown before anything is begun. */
export type TaskToRun = {
  task: string;
  kind: MaintenanceTask["kind"];
  /** What it does, in one line. */
  does: string;
  /** Whether it wants the door closed. */
  door: "closed" | "open";
  /** The cache that it clears: its name confirms it. */
  clears?: string;
};

/** The tasks of the playbook, in the order in which they are run. */
export const listMaintenanceTasks = defineVerb({
  name: "list maintenance tasks",
  method: "GET",
  role: "viewer",
  path: "/maintenance/tasks",
  summary: "List the tasks of maintenance",
  input: z.strictObject(where),
  async run(plane, input): Promise<TaskToRun[]> {
    const open = await opened(plane, input);
    return open.settings.maintenance.tasks.map((task) => ({
      task: task.name,
      kind: task.kind,
      does: open.secrets.redact(taskText(task, open.settings)),
      door: taskDoor(task),
      ...(task.kind === "cache" ? { clears: task.cache } : {}),
    }));
  },
});

/** The next windows of the playbook, in the order in which they come. */
export const previewMaintenance = defineVerb({
  name: "preview maintenance",
  method: "GET",
  role: "viewer",
  path: "/maintenance/windows",
  summary: "List the next maintenance windows",
  input: z.strictObject({
    ...where,
    count: z.int().min(1).max(100).default(10),
    after: z.number().optional().describe("In milliseconds since the epoch; now when left out."),
  }),
  async run(plane, input): Promise<PlannedWindow[]> {
    const { windows, tasks } = (await opened(plane, input)).settings.maintenance;
    const names = tasks.map(({ name }) => name);
    return nextWindows(windows, names, input.after ?? plane.clock.now(), input.count);
  },
});

/** How long a command that only looks waits for one whose time is up, in milliseconds. */
const liftMs = 120_000;

/** The maintenance under way, and with `all` those there were. One whose worker died and whose time is up is lifted first. */
export const listMaintenance = defineVerb({
  name: "list maintenance",
  method: "GET",
  role: "viewer",
  path: "/maintenance",
  summary: "List maintenance",
  input: z.strictObject({
    ...where,
    all: z.boolean().default(false),
    limit: z.int().min(1).max(500).default(20),
  }),
  async run(plane, input): Promise<Maintenance[]> {
    const open = await opened(plane, input);
    const find = () => maintenanceIn(plane, open, input.limit);
    let found = await find();
    const overdue = () => found.some((one) => isMaintenanceOpen(one) && one.until <= plane.clock.now());
    if (overdue() && plane.kind === "command") {
      await goOnWithLost(plane, open, input);
      const late = plane.clock.monotonic() + liftMs;
      while (overdue() && found[0]?.kept === undefined && plane.clock.monotonic() < late) {
        await plane.clock.sleep(pollMs);
        found = await find();
      }
    }
    return found.filter((one) => input.all || isMaintenanceOpen(one));
  },
});
