import {
  type Incident,
  type IncidentRules,
  type IncidentSeverity,
  type IncidentTarget,
  incidentSeverities,
  isUnderWay,
} from "./model.js";

/** What is to be done about an incident next, without anybody asking. */
export type IncidentMove =
  | { do: "make channel" }
  | { do: "page" }
  /** `dueAt` in milliseconds since the epoch: when it should have been kept. */
  | { do: "miss"; target: IncidentTarget; dueAt: number }
  | { do: "remind of review" }
  | { do: "wait"; ms: number }
  | { do: "end" };

/** A clock that is set, or a laptop that sleeps, must not make a wait longer than this unnoticed. */
const longest = 86_400_000;
const shortest = 250;

/** When a target has to be kept, in milliseconds since the epoch; undefined when there is none or it is kept already. */
export function dueAt(
  incident: Incident,
  { targets }: IncidentRules,
  target: IncidentTarget,
): number | undefined {
  const { severity, severityAt, acknowledgedAt, missed } = incident;
  if (!isUnderWay(incident) || missed[target] !== undefined) return undefined;
  if (target === "response" && acknowledgedAt !== undefined) return undefined;
  const within = targets[severity][target];
  return within === undefined ? undefined : severityAt + within;
}

/** Says the next move; makes none. Targets count from when the incident got its severity. */
export function nextIncidentMove(incident: Incident, rules: IncidentRules, now: number): IncidentMove {
  const { state, channel, page, severity, review } = incident;
  if (!isUnderWay(incident)) {
    const waits = review !== undefined && review.draftedAt === undefined && review.remindedAt === undefined;
    if (waits) return now >= review.dueAt ? { do: "remind of review" } : wait(review.dueAt - now);
    return state === "closed" ? { do: "end" } : wait(longest);
  }
  if (page === undefined && rules.pages.includes(severity)) return { do: "page" };
  if (channel?.is === "wanted" && now >= channel.nextAt) return { do: "make channel" };
  const wakes: number[] = channel?.is === "wanted" ? [channel.nextAt] : [];
  for (const target of ["response", "resolution"] as const) {
    const due = dueAt(incident, rules, target);
    if (due === undefined) continue;
    if (now >= due) return { do: "miss", target, dueAt: due };
    wakes.push(due);
  }
  return wait(Math.min(longest, ...wakes.map((at) => at - now)));
}

const wait = (ms: number): IncidentMove => ({
  do: "wait",
  ms: Math.min(longest, Math.max(shortest, ms)),
});

/** Whether `a` is worse than `b`. */
export const isWorse = (a: IncidentSeverity, b: IncidentSeverity): boolean =>
  incidentSeverities.indexOf(a) < incidentSeverities.indexOf(b);
