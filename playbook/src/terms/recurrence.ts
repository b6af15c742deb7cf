import { z } from "zod";
import { asUtc, isTimeZone, momentOf, wallTimeAt } from "./zoned-time.js";

/** Days of the week, as a recurrence names them; Sunday first, as Date counts. */
export const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** A time that comes again and again, by the clocks of a zone: the same wall time in summer and in winter. */
export const Recurrence = z.strictObject({
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: "expected a time of day, such as 03:00" })
    .describe("Time of day by the clocks of the zone."),
  days: z
    .array(z.enum(weekdayNames))
    .min(1)
    .optional()
    .describe("Days of the week; every day when left out."),
  week: z
    .union([z.int().min(1).max(4), z.literal("last")])
    .optional()
    .describe(
      "Only in this week of the month: 1 is the first such day of the month. Left out: in every week.",
    ),
  time_zone: z
    .string()
    .refine(isTimeZone, { error: "expected the IANA name of a time zone, such as Europe/Berlin or UTC" })
    .default("UTC")
    .describe("The zone whose clocks count."),
});
export type Recurrence = z.output<typeof Recurrence>;

const dayMs = 86_400_000;
/** A last week of a month is at most five weeks away, and a pattern that never fits does not exist. */
const mostDays = 400;

/**
 * The next times of a recurrence, strictly after a moment. Where clocks skip the time it comes as much later as they jump;
 * where they show it twice, once, the first time.
 * @param after Milliseconds since the epoch. @returns ascending, in milliseconds since the epoch.
 */
export function nextTimes(recurrence: Recurrence, after: number, count: number): number[] {
  const { at, time_zone: zone } = recurrence;
  const [hour = 0, minute = 0] = at.split(":").map(Number);
  const today = asUtc({ ...wallTimeAt(after, zone), hour: 0, minute: 0, second: 0 });
  const found: number[] = [];
  // A day before, for zones that are ahead; days are counted on the wall, where each has 24 hours.
  for (let day = -1; found.length < count && day < mostDays + count * 35; day++) {
    const date = today + day * dayMs;
    if (!fits(recurrence, new Date(date))) continue;
    const moment = momentOf(date + (hour * 60 + minute) * 60_000, zone);
    if (moment > after && moment > (found.at(-1) ?? Number.NEGATIVE_INFINITY)) found.push(moment);
  }
  return found;
}

/** The last time of a recurrence at or before a moment, within the last 40 days; undefined when there was none. */
export function lastTime(recurrence: Recurrence, at: number): number | undefined {
  let last: number | undefined;
  for (let from = at - 40 * dayMs; ; ) {
    const [next] = nextTimes(recurrence, from, 1);
    if (next === undefined || next > at) return last;
    last = next;
    from = next;
  }
}

function fits({ days, week }: Recurrence, date: Date): boolean {
  const name = weekdayNames[date.getUTCDay()];
  if (days !== undefined && name !== undefined && !days.includes(name)) return false;
  if (week === undefined) return true;
  const day = date.getUTCDate();
  if (week !== "last") return Math.ceil(day / 7) === week;
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return day > length - 7;
}
