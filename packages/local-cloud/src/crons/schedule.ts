import { Cron } from "croner";
import * as z from "zod";

/** A path that is called by the clock. */
export interface CronJob {
  readonly path: string;
  /** Five fields, in UTC: minute, hour, day of the month, month, day of the week. */
  readonly schedule: string;
}

export const MINUTE_MS = 60_000;

/** The clock is taken to be only corrected, and not to have been wrong, when it is set back by less. */
const CORRECTION_MINUTES = 5;

const FIELD = /^[\d*,/-]+$/;

/** A job as Vercel takes it: numbers only, and not both a day of the month and one of the week. */
export const cronJob = z.looseObject({
  path: z.string().startsWith("/", 'must begin with "/"').max(512),
  schedule: z.string().superRefine((schedule, context) => {
    const wrong = wrongWith(schedule);
    if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
  }),
});

function wrongWith(schedule: string): string | null {
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) return "has five fields: minute, hour, day of the month, month, day of the week";
  if (!fields.every((field) => FIELD.test(field))) return "is made of numbers and the signs * , - /";
  if (fields[2] !== "*" && fields[4] !== "*")
    return "cannot give both a day of the month and a day of the week; one of them is *";
  try {
    return compiled(schedule).nextRun() === null ? "never comes" : null;
  } catch {
    return "has a field that is out of its range";
  }
}

const compiled = (schedule: string): Cron =>
  new Cron(schedule.trim(), { timezone: "UTC", mode: "5-part", paused: true });

/** Those that are due in the minute that begins at `minuteAt`, in ms since 1970. */
export function dueJobs(jobs: readonly CronJob[], minuteAt: number): CronJob[] {
  return jobs.filter(({ schedule }) => compiled(schedule).match(new Date(minuteAt)));
}

/** The minute of a time in ms since 1970, counted from there. */
export const minuteOf = (time: number): number => Math.floor(time / MINUTE_MS);

/**
 * Is this a minute whose jobs are to be called, after those of minute `last` were? A clock that is corrected a little calls
 * none twice; after one that was far ahead, jobs do not wait until that time has come again.
 */
export const isAnother = (minute: number, last: number): boolean =>
  minute > last || minute <= last - CORRECTION_MINUTES;
