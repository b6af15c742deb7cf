import type { TaskToRun } from "@atoms/control-plane";
import {
  type DependencyChange,
  dependencyChangeText,
  type LedgerEntry,
  type Maintenance,
  type MaintenanceState,
  type PlannedWindow,
} from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { problemText } from "./problem.js";
import { tableText } from "./table.js";
import { ago, howLong, when } from "./words.js";

/** One line for what happened in a maintenance; "" for what people need not read. */
export function maintenanceEntryText({ kind, data }: LedgerEntry, of: Maintenance, paint: Paint): string {
  const ms = Number(data["ms"] ?? 0);
  const text = (name: string) => String(data[name] ?? "");
  const [ok, bad, on] = [paint.green("✓"), paint.red("✗"), paint.cyan("●")];
  switch (kind) {
    case "maintenance.started":
      return `${on} maintenance of ${of.service} in ${of.environment} (${of.id}): ${of.because}${of.door === "open" ? paint.dim(" (the door stays open)") : ""}`;
    case "maintenance.muted":
      return `${ok} alerts are quiet`;
    case "maintenance.closed":
      return `${ok} closed on ${hostsText(data["hosts"])} ${paint.bold(howLong(ms))} after the flag was set`;
    case "maintenance.variable":
      return `${bad} later deployments are not told: ${text("because")}`;
    case "maintenance.dependencies":
      return dependenciesText(data, paint);
    case "maintenance.task": {
      const outcome = text("outcome");
      const mark = outcome === "done" ? ok : outcome === "failed" ? bad : paint.dim("-");
      return `${mark} ${text("task")}: ${text("saw")}${outcome === "skipped" ? "" : ` (${howLong(ms)})`}`;
    }
    case "maintenance.end-asked":
      return `${on} asked to end`;
    case "maintenance.kept-closed":
      return `${bad} ${paint.bold("kept closed")}: ${text("because")}`;
    case "maintenance.opened":
      return `${ok} open on ${hostsText(data["hosts"])} ${howLong(ms)} after the flag was taken back`;
    default:
      return "";
  }
}

/** Changes that are listed; the ledger has all of them. */
const shownChanges = 20;

/** What an update of dependencies changed, and how its tests ended when they failed. */
function dependenciesText(data: LedgerEntry["data"], paint: Paint): string {
  const changes = (data["changes"] ?? []) as DependencyChange[];
  const end = (data["end"] ?? []) as string[];
  const rest = changes.length - shownChanges;
  return [
    ...changes.slice(0, shownChanges).map((change) => `    ${dependencyChangeText(change)}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
    ...end.map((line) => paint.dim(`  | ${line}`)),
  ].join("\n");
}

function hostsText(hosts: unknown): string {
  const count = Array.isArray(hosts) ? hosts.length : 0;
  return `${count} ${count === 1 ? "host" : "hosts"}`;
}

/** How a maintenance stands, when a command is done with it. */
export function maintenanceEndText(one: Maintenance, paint: Paint): string {
  const { id, state, startedAt, endedAt, problem, closed, kept } = one;
  if (state === "done")
    return `${paint.green("Done")}: ${id} is over after ${howLong((endedAt ?? startedAt) - startedAt)}, and the service is open.`;
  if (state === "failed" && problem !== undefined) return problemText(problem, paint);
  if (kept !== undefined) return `${paint.red("Kept closed")}: ${kept.because}`;
  const how = closed === undefined ? "" : ` on ${hostsText(closed.hosts)} in ${howLong(closed.ms)}`;
  return `${paint.yellow(state)}${how}: ${id}.`;
}

/** Maintenance in a table, newest first. */
export function maintenanceListText(
  all: readonly Maintenance[],
  past: boolean,
  now: number,
  paint: Paint,
): string {
  if (all.length === 0)
    return past
      ? "There was no maintenance yet."
      : "No maintenance is under way; `--all` lists those there were.";
  const table = tableText(all, [
    { head: "MAINTENANCE", of: ({ id }) => id },
    { head: "STATE", of: ({ state }) => stateText(state, paint) },
    { head: "BEGAN", of: ({ startedAt }) => ago(startedAt, now) },
    {
      head: "CLOSED IN",
      of: ({ closed }) => (closed === undefined ? "" : howLong(closed.ms)),
      right: true,
    },
    {
      head: "TOOK",
      of: ({ startedAt, endedAt }) => (endedAt === undefined ? "" : howLong(endedAt - startedAt)),
      right: true,
    },
    {
      head: "TASKS",
      of: ({ tasks, done }) =>
        tasks.length === 0
          ? ""
          : `${done.filter(({ outcome }) => outcome === "done").length} of ${tasks.length}`,
    },
    { head: "BY", of: ({ startedBy }) => startedBy.name },
    { head: "WHY", of: ({ because }) => because },
  ]);
  const under = all.flatMap(({ id, state, until, kept, endedAt, door }) =>
    endedAt !== undefined
      ? []
      : [
          state === "kept closed" && kept !== undefined
            ? `${id} is ${paint.red("kept closed")} since ${when(kept.since)}: ${kept.because}`
            : `${id} is ${door === "open" ? "over" : "lifted"} at ${when(until)} at the latest; \`atoms maintenance end\` ends it now.`,
        ],
  );
  return [table, ...under].join("\n");
}

/** The tasks of the playbook, in the order in which they are run. */
export function tasksText(tasks: readonly TaskToRun[]): string {
  if (tasks.length === 0) return "The playbook has no tasks of maintenance; `maintenance.tasks` names them.";
  return tableText(tasks, [
    { head: "TASK", of: ({ task }) => task },
    { head: "KIND", of: ({ kind }) => kind },
    { head: "DOOR", of: ({ door }) => door },
    { head: "CONFIRMED BY", of: ({ clears }) => clears ?? "" },
    { head: "DOES", of: ({ does }) => does },
  ]);
}

/** Windows to come, by the clocks of their own zone and in UTC. */
export function windowsText(windows: readonly PlannedWindow[], now: number): string {
  if (windows.length === 0)
    return "The playbook plans no maintenance; `maintenance.windows` says when there is any.";
  return tableText(windows, [
    { head: "WINDOW", of: ({ name }) => name },
    { head: "BEGINS", of: ({ startsAt, zone }) => `${zonedText(startsAt, zone)} ${zone}` },
    { head: "UTC", of: ({ startsAt }) => when(startsAt).slice(0, 16) },
    { head: "IN", of: ({ startsAt }) => howLong(startsAt - now), right: true },
    { head: "FOR", of: ({ startsAt, endsAt }) => howLong(endsAt - startsAt), right: true },
    { head: "TASKS", of: ({ tasks }) => tasks.join(", ") || "none" },
    { head: "WHY", of: ({ because }) => because },
  ]);
}

function zonedText(at: number, zone: string): string {
  const format = { timeZone: zone, weekday: "short" } as const;
  const day = new Intl.DateTimeFormat("en-GB", format).format(at);
  const parts = {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  } as const;
  return `${day} ${new Intl.DateTimeFormat("sv-SE", parts).format(at)}`;
}

function stateText(state: MaintenanceState, paint: Paint): string {
  const colour = {
    closing: paint.cyan,
    working: paint.cyan,
    closed: paint.yellow,
    opening: paint.cyan,
    "kept closed": paint.red,
    done: paint.green,
    failed: paint.red,
  } as const;
  return colour[state](state);
}
