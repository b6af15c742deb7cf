import type { Actor, LedgerEntry, LedgerEvent, PlatformName, ProblemData } from "../terms/index.js";
import type { Maintenance, MaintenanceOrder, TaskOutcome } from "./model.js";

/** Every kind of event that tells of a maintenance. */
export const maintenanceKinds = [
  "maintenance.started",
  "maintenance.muted",
  "maintenance.closed",
  "maintenance.variable",
  "maintenance.command",
  "maintenance.dependencies",
  "maintenance.task",
  "maintenance.end-asked",
  "maintenance.opening",
  "maintenance.kept-closed",
  "maintenance.opened",
  "maintenance.ended",
] as const;
export type MaintenanceKind = (typeof maintenanceKinds)[number];

/**
 * The event by which a maintenance begins. Its key holds the environment: of two that begin at once the ledger keeps one.
 * @param number Counts those of the environment, from 1.
 */
export function maintenanceStarted(order: MaintenanceOrder, number: number): LedgerEvent {
  const { maintenance, service, environment, actor, startedAt, playbook, ...rest } = order;
  return {
    key: `maintenance/${service}/${environment}/${number}`,
    kind: "maintenance.started",
    at: startedAt,
    actor,
    service,
    environment,
    data: {
      ...rest,
      maintenance,
      number,
      playbook: { path: playbook.path, platform: playbook.platform },
    },
  };
}

/** A later event of a maintenance. @param mark Tells it from others of its kind. */
export function maintenanceEvent(
  of: Pick<MaintenanceOrder, "maintenance" | "service" | "environment">,
  kind: MaintenanceKind,
  at: number,
  actor: Actor,
  data: LedgerEvent["data"] = {},
  mark: string | number = "",
): LedgerEvent {
  const { maintenance, service, environment } = of;
  return {
    key: `${maintenance}/${kind}${mark === "" ? "" : `/${mark}`}`,
    kind,
    at,
    actor,
    service,
    environment,
    data: { maintenance, ...data },
  };
}

/** The maintenance that a ledger entry tells of; undefined when it tells of none. */
export const maintenanceOf = ({ kind, data }: Pick<LedgerEntry, "kind" | "data">): string | undefined =>
  kind.startsWith("maintenance.") && typeof data["maintenance"] === "string"
    ? data["maintenance"]
    : undefined;

/** Reads maintenance off the ledger. @param entries In the order of the ledger; others are passed over. @returns newest first. */
export function readMaintenance(entries: readonly LedgerEntry[]): Maintenance[] {
  const found = new Map<string, Maintenance>();
  for (const entry of entries) {
    const id = maintenanceOf(entry);
    if (id === undefined) continue;
    if (entry.kind === "maintenance.started") found.set(id, begun(id, entry));
    else {
      const standing = found.get(id);
      if (standing !== undefined) found.set(id, { ...standing, ...told(standing, entry) });
    }
  }
  return [...found.values()].reverse();
}

function begun(id: string, { at, actor, service, environment, data }: LedgerEntry): Maintenance {
  const said = data as unknown as MaintenanceOrder & { number: number };
  const { path, platform } = said.playbook as { path: string; platform: PlatformName };
  return {
    id,
    number: said.number,
    service,
    environment,
    because: said.because,
    startedAt: at,
    startedBy: actor,
    until: said.until,
    tasks: said.tasks,
    hold: said.hold,
    ...(said.door === "open" ? { door: said.door } : {}),
    playbook: { path, platform },
    state: said.door === "open" ? "working" : "closing",
    done: [],
  };
}

function told(standing: Maintenance, { kind, at, actor, data }: LedgerEntry): Partial<Maintenance> {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : "");
  const ms = Number(data["ms"] ?? 0);
  switch (kind as MaintenanceKind) {
    case "maintenance.closed":
      return { state: "closed", closed: { at, ms, hosts: (data["hosts"] ?? []) as string[] } };
    case "maintenance.task": {
      const outcome = text("outcome") as TaskOutcome["outcome"];
      return { done: [...standing.done, { task: text("task"), outcome, saw: text("saw"), ms }] };
    }
    case "maintenance.end-asked": {
      const anyway = text("anyway");
      return { endAsked: { by: actor.name, at, ...(anyway === "" ? {} : { anyway }) } };
    }
    case "maintenance.opening":
      return { state: "opening" };
    case "maintenance.kept-closed":
      return {
        state: "kept closed",
        kept: { because: text("because"), since: standing.kept?.since ?? at },
      };
    case "maintenance.variable":
      return { untold: text("because") };
    case "maintenance.opened":
      return { opened: { at, ms } };
    case "maintenance.ended": {
      const problem = data["problem"] as ProblemData | null | undefined;
      return {
        state: text("state") === "done" ? "done" : "failed",
        endedAt: at,
        ...(problem == null ? {} : { problem }),
      };
    }
    default:
      return {};
  }
}
