import { binCount, binOf } from "../../statistics/index.js";
import type { Gain } from "./counters.js";

/** What the buckets of a histogram gained: each bound in milliseconds with how many were not above it, ascending; the last bound is Infinity. */
export type Cumulative = readonly (readonly [bound: number, count: number])[];

/** Sums gains by the label `le`. @param unit Milliseconds per unit of the bounds. */
export function cumulativeOf(gains: readonly Gain[], unit: number): Cumulative {
  const sums = new Map<number, number>();
  for (const { labels, gain } of gains) {
    const bound = boundOf(labels.le, unit);
    if (bound !== undefined) sums.set(bound, (sums.get(bound) ?? 0) + gain);
  }
  return [...sums].sort(([a], [b]) => a - b);
}

/** The bound that a label `le` names, in milliseconds. */
export function boundOf(le: string | undefined, unit: number): number | undefined {
  if (le === undefined) return undefined;
  const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le) * unit;
  // Twelve digits undo what the unit's multiplication leaves behind: 0.29 s are 290 ms and not 289.99999999999994.
  return Number.isNaN(bound) ? undefined : Number.isFinite(bound) ? Number(bound.toPrecision(12)) : bound;
}

/** How many were timed. */
export function timed(histogram: Cumulative): number {
  const last = histogram.at(-1);
  return last?.[0] === Number.POSITIVE_INFINITY ? last[1] : 0;
}

/**
 * How many were slower than a limit; exactly, or not at all.
 * @param bounds The bounds that the histogram has, whether or not they gained.
 * @returns Undefined where no bound lies at the limit.
 */
export function slowerThan(
  histogram: Cumulative,
  limit: number,
  bounds: ReadonlySet<number>,
): number | undefined {
  if (!bounds.has(limit)) return undefined;
  // A bound that gained nothing is not in the sums: then none was as fast.
  const within = histogram.find(([bound]) => bound === limit)?.[1] ?? 0;
  return Math.max(0, timed(histogram) - within);
}

/**
 * The histogram in the bins of statistics. A bucket says only between which bounds its requests lie, so they are put at
 * the bound that favours the canary: its own at the lower, stable's at the upper. Whatever a comparison then finds
 * against the canary is true of the real latencies too, so the false-alarm budget holds; what is lost is the power to see
 * a slowdown that stays within one bucket.
 */
export function binsOf(histogram: Cumulative, at: "lower" | "upper"): [bin: number, count: number][] {
  const bins = new Map<number, number>();
  let [below, counted] = [0, 0];
  for (const [bound, count] of histogram) {
    const own = count - counted;
    const edge = at === "lower" ? below : bound;
    const bin = Number.isFinite(edge) ? binOf(edge) : binCount - 1;
    if (own > 0) bins.set(bin, (bins.get(bin) ?? 0) + own);
    below = bound;
    counted = Math.max(counted, count);
  }
  return [...bins].sort(([a], [b]) => a - b);
}
