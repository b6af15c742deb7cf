import { asUtc, momentOf, wallTimeAt, weekdays } from "../terms/index.js";

const day = 86_400_000;
const written = new RegExp(
  `^(?:(${weekdays.join("|")}) |(\\d{4})-(\\d{2})-(\\d{2}) )?([01]\\d|2[0-3]):([0-5]\\d)$`,
);

/**
 * A time as it is written in a window. `at`: milliseconds into the day, into the week from Sunday, or the wall time in
 * the form of `asUtc`.
 */
export type WrittenTime = { form: "daily" | "weekly" | "once"; at: number };

/** Reads "18:00", "Friday 16:00" or "2026-12-20 18:00". @returns undefined when it is none, or a day that does not exist. */
export function readTime(text: string): WrittenTime | undefined {
  const [, weekday, year, month, date, hour, minute] = written.exec(text) ?? [];
  if (hour === undefined) return undefined;
  const ofDay = (Number(hour) * 60 + Number(minute)) * 60_000;
  if (weekday !== undefined) return { form: "weekly", at: weekdays.indexOf(weekday) * day + ofDay };
  if (year === undefined) return { form: "daily", at: ofDay };
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(date));
  const exists = new Date(midnight).toISOString().startsWith(`${year}-${month}-${date}`);
  return exists ? { form: "once", at: midnight + ofDay } : undefined;
}

/** A freeze window, ready to use. */
export type FreezeWindow = {
  name: string;
  zone: string;
  from: WrittenTime;
  to: WrittenTime;
  reason?: string;
};

/** One time that a window is shut, in milliseconds since the epoch; `until` is no longer part of it. */
export type Freeze = { window: FreezeWindow; from: number; until: number };

/**
 * The times that a window is shut, from the one that may still last at a moment, in order. Days and weeks are counted on
 * the calendar of the window's zone and only then made into moments, so that 18:00 is 18:00 in summer and winter; a time
 * that clocks leave out is as much later as they jump, one that they show twice counts from its first to its first.
 * @param most How many at most.
 */
export function freezesOf(window: FreezeWindow, at: number, most: number): Freeze[] {
  const { from, to, zone } = window;
  const moment = (wall: number) => momentOf(wall, zone);
  if (from.form === "once") {
    const only = { window, from: moment(from.at), until: moment(to.at) };
    return only.until > at ? [only].slice(0, most) : [];
  }
  const period = from.form === "daily" ? day : 7 * day;
  const length = (to.at - from.at + period) % period || period;
  const wall = asUtc(wallTimeAt(at, zone));
  const midnight = Math.floor(wall / day) * day;
  const start = from.form === "daily" ? midnight : midnight - new Date(midnight).getUTCDay() * day;
  const found: Freeze[] = [];
  for (let n = -2; found.length < most; n++) {
    const begins = start + n * period + from.at;
    const one = { window, from: moment(begins), until: moment(begins + length) };
    if (one.until > at && one.until > one.from) found.push(one);
  }
  return found;
}

/** The next freezes of all windows, the one that lasts included, in the order of their beginning. */
export function nextFreezes(windows: readonly FreezeWindow[], at: number, most: number): Freeze[] {
  return windows
    .flatMap((window) => freezesOf(window, at, most))
    .sort((a, b) => a.from - b.from || a.until - b.until)
    .slice(0, most);
}

/** A year of daily windows that touch each other; beyond that it is said that no end is in sight. */
const mostTogether = 400;

/**
 * The freeze at a moment, and when releases may go again: freezes that overlap or touch count as one.
 * @returns undefined when there is none. `opensAt` undefined: no end within a year.
 */
export function freezeAt(
  windows: readonly FreezeWindow[],
  at: number,
): { freeze: Freeze; opensAt: number | undefined } | undefined {
  const shutAt = (moment: number) =>
    windows
      .flatMap((window) => freezesOf(window, moment, 1))
      .filter((one) => one.from <= moment)
      .sort((a, b) => b.until - a.until)[0];
  const freeze = shutAt(at);
  if (freeze === undefined) return undefined;
  let end = freeze.until;
  for (let n = 0; n < mostTogether; n++) {
    const next = shutAt(end);
    if (next === undefined) return { freeze, opensAt: end };
    end = next.until;
  }
  return { freeze, opensAt: undefined };
}
