import { asUtc, momentOf, wallTimeAt } from "../terms/index.js";
import type { OnCallPlan, Override, Page, PageSeverity, Person, Schedule, Shift, Told } from "./model.js";

const day = 86_400_000;

/** When the n-th handover is; the 0th is the first one of the list taking over. @returns Milliseconds since the epoch. */
export function handoverAt({ firstHandover, days, timeZone }: Schedule, n: number): number {
  return momentOf(firstHandover + n * days * day, timeZone);
}

/** Whose turn it is by the rotation alone, and from when until when. Turns go back in time without an end as well. */
export function turnAt(schedule: Schedule, at: number): Shift {
  const { firstHandover, days, timeZone, people } = schedule;
  // Wall time and true time differ by less than two days, so that this guess is off by two turns at most.
  let n = Math.floor((asUtc(wallTimeAt(at, timeZone)) - firstHandover) / (days * day)) + 2;
  while (handoverAt(schedule, n) > at) n -= 1;
  const turn = ((n % people.length) + people.length) % people.length;
  return {
    person: people[turn] ?? "",
    from: handoverAt(schedule, n),
    until: handoverAt(schedule, n + 1),
  };
}

/**
 * Who is on call for a step of the escalation at a moment, overrides counted. Where two overrides meet, the one that
 * was added last counts.
 */
export function onCallAt(
  plan: OnCallPlan,
  step: string,
  at: number,
  overrides: readonly Override[],
): Shift | undefined {
  const schedule = plan.schedules[step];
  const own =
    schedule !== undefined
      ? turnAt(schedule, at)
      : Object.hasOwn(plan.people, step)
        ? { person: step, from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }
        : undefined;
  const mine = overrides.filter((one) => one.step === step).toSorted(lastAdded);
  const standing = mine.find(({ from, until }) => from <= at && at < until);
  if (standing === undefined) {
    if (own === undefined) return undefined;
    // The turn is cut where an override ends or begins.
    const ended = mine.filter(({ until }) => until <= at).map(({ until }) => until);
    const next = mine.filter(({ from }) => from > at).map(({ from }) => from);
    return { ...own, from: Math.max(own.from, ...ended), until: Math.min(own.until, ...next) };
  }
  const later = mine.slice(0, mine.indexOf(standing)).filter(({ until }) => until > standing.from);
  return {
    person: standing.person,
    from: Math.max(standing.from, ...later.filter((one) => one.until <= at).map(({ until }) => until)),
    until: Math.min(standing.until, ...later.filter((one) => one.from > at).map(({ from }) => from)),
    override: standing.id,
  };
}

const lastAdded = (a: Override, b: Override) => b.addedAt - a.addedAt || (a.id < b.id ? 1 : -1);

/** The shifts of a step from a moment on, in order, without gaps. @param limit At most so many. */
export function shiftsFrom(
  plan: OnCallPlan,
  step: string,
  from: number,
  until: number,
  overrides: readonly Override[],
  limit = 100,
): Shift[] {
  const shifts: Shift[] = [];
  for (let at = from; at < until && shifts.length < limit; ) {
    const shift = onCallAt(plan, step, at, overrides);
    if (shift === undefined) break;
    const last = shifts.at(-1);
    if (last !== undefined && last.person === shift.person && last.override === shift.override)
      last.until = shift.until;
    else shifts.push({ ...shift });
    at = shift.until;
  }
  return shifts;
}

/** What a page does next. */
export type Move =
  | { do: "tell"; step: string; person: Person; waitMs: number }
  /** Nobody to tell at this step: the next one is told at once. */
  | { do: "pass"; step: string; because: string; person?: string }
  /** Everybody was told as often as the plan says. */
  | { do: "give up"; because: string };

/**
 * Decides whom a page goes to next.
 * @param turn Counts every step of every round from 0.
 * @param told What was done so far.
 */
export function nextMove(
  plan: OnCallPlan,
  severity: PageSeverity,
  turn: number,
  told: readonly Told[],
  overrides: readonly Override[],
  now: number,
): Move {
  const { steps, rounds } = plan;
  if (steps.length === 0) return { do: "give up", because: "the playbook names nobody to tell" };
  if (turn >= steps.length * rounds) return { do: "give up", because: whyGivenUp(told, rounds) };
  const step = steps[turn % steps.length] ?? "";
  const shift = onCallAt(plan, step, now, overrides);
  if (shift === undefined) return { do: "pass", step, because: "nobody is on call there" };
  const person = plan.people[shift.person];
  if (person === undefined)
    return { do: "pass", step, because: `${shift.person} is no longer in the playbook` };
  if (person.ways.length === 0)
    return { do: "pass", step, person: person.name, because: "no configured channel reaches them" };
  const round = Math.floor(turn / steps.length);
  const already = told.some(
    (one) =>
      one.turn < turn &&
      Math.floor(one.turn / steps.length) === round &&
      one.channels.length > 0 &&
      one.person === person.name,
  );
  if (already) return { do: "pass", step, person: person.name, because: "was told a moment ago" };
  return { do: "tell", step, person, waitMs: plan.respondWithin[severity] };
}

function whyGivenUp(told: readonly Told[], rounds: number): string {
  const reached = told.filter(({ channels }) => channels.length > 0);
  return reached.length === 0
    ? "nobody on call can be reached by a configured channel"
    : `nobody answered in ${rounds === 1 ? "one round" : `${rounds} rounds`}`;
}

/** The severity of a page for an alert of that severity. */
export const pageSeverities = {
  critical: "P1",
  high: "P2",
  medium: "P3",
  low: "P4",
} as const satisfies Record<string, PageSeverity>;

/** The other way round, for channels that know the severities of alerts only. */
export const alertSeverities = {
  P1: "critical",
  P2: "high",
  P3: "medium",
  P4: "low",
} as const satisfies Record<PageSeverity, string>;

/** Everywhere a page was told, each once. */
export const channelsTold = ({ told }: Pick<Page, "told">) => [
  ...new Set(told.flatMap(({ channels }) => channels)),
];
