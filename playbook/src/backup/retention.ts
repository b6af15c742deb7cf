import type { RetentionSettings } from "./settings.js";

/** A full backup, as far as keeping it goes. */
export type Kept = { id: string; createdAt: number; verified: boolean };

const dayMs = 86_400_000;
/** 1970-01-05 was a Monday: weeks begin there. */
const mondayMs = 4 * dayMs;

/**
 * Chooses the full backups that may go. The newest ones are kept, the newest of each day, week and month as far back as
 * the settings say, and the newest that was verified.
 * @returns ids, oldest first.
 */
export function toForget(backups: readonly Kept[], keep: RetentionSettings, now: number): string[] {
  const newestFirst = [...backups].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const kept = new Set(newestFirst.slice(0, keep.last).map(({ id }) => id));
  const verified = newestFirst.find((one) => one.verified);
  if (verified !== undefined) kept.add(verified.id);
  const periods: [number, (at: number) => number][] = [
    [keep.daily, (at) => Math.floor(at / dayMs)],
    [keep.weekly, (at) => Math.floor((at - mondayMs) / (7 * dayMs))],
    [
      keep.monthly,
      (at) => {
        const date = new Date(at);
        return date.getUTCFullYear() * 12 + date.getUTCMonth();
      },
    ],
  ];
  for (const [count, periodOf] of periods) {
    const seen = new Set<number>();
    for (const { id, createdAt } of newestFirst) {
      const period = periodOf(createdAt);
      if (periodOf(now) - period >= count || seen.has(period)) continue;
      seen.add(period);
      kept.add(id);
    }
  }
  return newestFirst
    .map(({ id }) => id)
    .filter((id) => !kept.has(id))
    .reverse();
}
