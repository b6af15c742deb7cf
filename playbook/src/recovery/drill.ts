import type { Actor, Json, LedgerEntry, ProblemData } from "../terms/index.js";
import { figuresIn } from "./figures.js";
import type { Drill } from "./scenarios.js";
import type { DrillSettings, RecoveryTargets } from "./settings.js";
import { spanOfTarget } from "./story.js";

/** What a drill of database_failure breaks. */
export type DrillFailure = NonNullable<DrillSettings["failure"]>;

/** What a drill is started with. Plain data without secrets: it is written down. */
export type DrillOrder = {
  /** `drill_` and a time-ordered part. */
  drill: string;
  /** Its number among those of the service, from 1. */
  number: number;
  scenario: Drill;
  service: string;
  environment: string;
  actor: Actor;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Of database_failure. */
  failure?: DrillFailure;
  /** Databases by the playbook's names. */
  databases: string[];
  targets: RecoveryTargets;
  /** The longest it may take, in milliseconds. */
  deadlineMs: number;
  playbook: { path: string; text: string };
};

/** What a drill measured. */
export type DrillMeasured = {
  /** From the failure until every host was proven well, in milliseconds. */
  rtoMs: number;
  /** Of that: until it was noticed, by the service's health or by whatever the scenario looks with. */
  noticedMs: number;
  /** Of that: the recovery, as `atoms recover` does it. */
  recoveryMs: number;
  hosts: number;
  /** The age of the oldest write that is lost, in milliseconds; left out where the scenario takes no writes. */
  rpoMs?: number;
  /** From the leak until what was leaked opened nothing any more, in milliseconds. */
  shutOutMs?: number;
  /** Writes that had been acknowledged; those that are there after the recovery; the others. */
  written?: number;
  kept?: number;
  lost?: number;
  /** What else was seen, one sentence each, without full stop. */
  found?: string[];
};

/** What a drill came to. */
export type DrillOutcome = {
  /** `missed`: recovered, beyond a target. `failed`: not recovered. `stopped`: by a person. `cut off`: its process died. */
  state: "passed" | "missed" | "failed" | "stopped" | "cut off";
  because: string;
  measured?: DrillMeasured;
  problem?: ProblemData;
  /** What the drill made and could not remove, in a sentence. */
  left?: string;
};

/** Judges what a drill measured against the targets. */
export function judgeDrill(measured: DrillMeasured, targets: RecoveryTargets): DrillOutcome {
  const figures = figuresIn(measured, targets);
  const { lost, written = 0, found = [] } = measured;
  const losses =
    lost === undefined
      ? []
      : lost === 0
        ? [`none of ${written} writes was lost`]
        : [`${lost} of ${written} writes ${lost === 1 ? "was" : "were"} lost`];
  const words = figures.map(({ figure, ms, target }) => `${figure} ${spanOfTarget(ms, target)}`).join(", ");
  return {
    state: figures.every(({ ms, target }) => ms <= target) ? "passed" : "missed",
    because: [words, ...losses, ...found].join("; "),
    measured,
  };
}

/** What is broken in a drill: as the playbook says, else the worst that can be. @param ownServer The drill runs PostgreSQL itself. */
export const failureOf = (asked: DrillFailure | undefined, ownServer: boolean): DrillFailure =>
  asked ?? (ownServer ? "server" : "database");

/** An event of a drill for the ledger. */
export const drillEvent = (
  order: Pick<DrillOrder, "drill" | "service" | "environment">,
  what: { kind: string; key: string; at: number; actor: Actor; data: Record<string, Json | undefined> },
) => ({
  key: what.key,
  kind: what.kind,
  at: what.at,
  actor: what.actor,
  service: order.service,
  environment: order.environment,
  data: { drill: order.drill, ...what.data },
});

/** The event that a drill begins with: one of each number, so that two started at once are one. */
export const drillStarted = (order: DrillOrder) =>
  drillEvent(order, {
    kind: "drill.started",
    key: `drill/${order.service}/${order.environment}/${order.number}`,
    at: order.startedAt,
    actor: order.actor,
    data: {
      number: order.number,
      scenario: order.scenario,
      failure: order.failure ?? null,
      databases: order.databases,
      by: order.actor.name,
    },
  });

/** A drill of the past, as its last entry in the ledger tells. */
export type DrillRecord = { drill: string; number: number; startedAt: number; by: string };

/** The newest drill that began and has no end yet. @param entries `drill.started` and `drill.finished` of one service. */
export function openDrill(entries: readonly LedgerEntry[]): DrillRecord | undefined {
  const ended = new Set(
    entries.filter(({ kind }) => kind === "drill.finished").map(({ data }) => data["drill"]),
  );
  const open = entries.findLast(({ kind, data }) => kind === "drill.started" && !ended.has(data["drill"]));
  return open === undefined ? undefined : recordOf(open);
}

/** The number that the next drill gets. */
export const nextDrillNumber = (entries: readonly LedgerEntry[]): number =>
  Math.max(0, ...entries.filter(({ kind }) => kind === "drill.started").map((one) => recordOf(one).number)) +
  1;

const recordOf = ({ data, at, actor }: LedgerEntry): DrillRecord => ({
  drill: String(data["drill"]),
  number: Number(data["number"]),
  startedAt: at,
  by: actor.name,
});
