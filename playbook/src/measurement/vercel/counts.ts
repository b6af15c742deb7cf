import type { ArmCounts, Bucket } from "../../statistics/index.js";

/** How finely the platform counts: buckets of five minutes, on the clock's own marks. */
export const bucketMs = 5 * 60_000;

/** Requests of one deployment with one status, counted by the platform over the bucket that began at `at` (ms). */
export type RequestCount = { at: number; deployment: string; status: number; requests: number };

/** The canary's share was set to `split` at some moment after `after`, and at `by` at the latest (ms). */
export type SplitChange = { after: number; by: number; split: number };

/** The first bucket that begins at `at` or later. */
export const bucketFrom = (at: number) => Math.ceil(at / bucketMs) * bucketMs;

/**
 * Makes buckets of what the platform counted. A bucket in which the share changed belongs to neither share and is left
 * out.
 * @param span The first bucket's begin (ms), and how many follow each other.
 * @param changes Changes of the share, oldest first; the first is in force from the beginning.
 * @returns The buckets, and how many were left out.
 */
export function bucketsOf(
  span: { start: number; count: number },
  changes: readonly SplitChange[],
  arms: { canary: string; stable: string },
  counts: readonly RequestCount[],
): { buckets: Bucket[]; mixed: number } {
  const starts = Array.from({ length: span.count }, (_, i) => span.start + i * bucketMs);
  const buckets = starts.flatMap((start): Bucket[] => {
    const end = start + bucketMs;
    if (changes.slice(1).some(({ after, by }) => after < end && by > start)) return [];
    const split = changes.findLast(({ by }, i) => i === 0 || by <= start)?.split;
    if (split === undefined) return [];
    const of = (deployment: string) =>
      counted(counts.filter((one) => one.at === start && one.deployment === deployment));
    return [{ start, seconds: bucketMs / 1_000, split, canary: of(arms.canary), stable: of(arms.stable) }];
  });
  return { buckets, mixed: starts.length - buckets.length };
}

/** An error is what the service answers with 500 or more, as everywhere. */
function counted(counts: readonly RequestCount[]): ArmCounts {
  const sum = (some: readonly RequestCount[]) => some.reduce((so, { requests }) => so + requests, 0);
  return { requests: sum(counts), errors: sum(counts.filter(({ status }) => status >= 500)) };
}
