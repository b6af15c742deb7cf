import { asUtc, momentOf } from "../terms/index.js";
import type { OnCallPlan } from "./model.js";
import { overrideMistaken } from "./problems.js";

/** What somebody asks for who wants another person to be on call for a while. */
export type OverrideRequest = {
  /** A schedule, or a person who is a step of the escalation. */
  step: string;
  person: string;
  /** "2026-12-24T18:00" by the clocks of the schedule's zone, or with `Z` or an offset; left out: from now on. */
  from?: string | undefined;
  /** Likewise; either this or `forMs`. */
  until?: string | undefined;
  /** Milliseconds. */
  forMs?: number | undefined;
};

/** Nobody stands in for longer: then the schedule is what should change. */
const longest = 366 * 86_400_000;

/**
 * When the override begins and ends.
 * @param now Milliseconds since the epoch. @returns Milliseconds since the epoch; `until` is no longer part of it.
 * @throws overrideMistaken (ATM-892).
 */
export function overrideWindow(
  plan: OnCallPlan,
  request: OverrideRequest,
  now: number,
): { from: number; until: number } {
  const { step, person, forMs } = request;
  const mistaken = (what: string, known: string) => overrideMistaken({ what, known });
  const schedule = Object.hasOwn(plan.schedules, step) ? plan.schedules[step] : undefined;
  if (schedule === undefined && !plan.steps.includes(step))
    throw mistaken(
      `${step} is neither a schedule nor a step of the escalation`,
      `Name one of ${[...new Set([...Object.keys(plan.schedules), ...plan.steps])].join(", ")}.`,
    );
  if (!Object.hasOwn(plan.people, person))
    throw mistaken(
      `${person} is not among the people on call`,
      `Name one of ${Object.keys(plan.people).join(", ")}.`,
    );
  const zone = schedule?.timeZone ?? "UTC";
  const read = (text: string) => {
    const at = momentIn(text, zone);
    if (at === undefined)
      throw mistaken(
        `${text} is no time`,
        `Write it as 2026-12-24T18:00, by the clocks of ${zone}, or with Z or an offset behind it.`,
      );
    return at;
  };
  const from = request.from === undefined ? now : read(request.from);
  if ((request.until === undefined) === (forMs === undefined))
    throw mistaken("It needs an end", "Say until when, or for how long.");
  const until = request.until === undefined ? from + (forMs ?? 0) : read(request.until);
  if (until <= from) throw mistaken("It would end before it begins", "Let it end later.");
  if (until <= now) throw mistaken("It would be over already", "Let it end later.");
  if (until - from > longest)
    throw mistaken("It is longer than a year", "Change the schedule in the playbook instead.");
  return { from, until };
}

function momentIn(text: string, zone: string): number | undefined {
  const [, wall = "", offset] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:\d\d)?$/.exec(text.replace(" ", "T")) ?? [];
  const read = Date.parse(`${wall}${offset ?? "Z"}`);
  // A day that the month does not have would be read as one of the next.
  if (Number.isNaN(read) || !new Date(`${wall}Z`).toISOString().startsWith(wall)) return undefined;
  if (offset !== undefined) return read;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = wall.split(/\D/).map(Number);
  return momentOf(asUtc({ year, month, day, hour, minute, second: 0 }), zone);
}
