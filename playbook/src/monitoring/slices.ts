import type { MetricSeries } from "./model.js";

/** What a metric was over an equal part of a span of time. */
export type MetricSlice = {
  /** When the slice begins, in milliseconds since the epoch. */
  at: number;
  mean: number;
  low: number;
  high: number;
  /** Half of the looks found no more than this, and 95 of 100 no more than that. Of thinned samples: of their means. */
  p50: number;
  p95: number;
  /** How many looks it rests on. */
  looks: number;
};

/**
 * Cuts a series into equal slices of time; slices in which nothing was seen are left out.
 * @param from Milliseconds since the epoch; the first slice begins there. @param to The last one ends there.
 */
export function slicesOf(series: MetricSeries, from: number, to: number, count: number): MetricSlice[] {
  const length = (to - from) / count;
  const found = new Map<number, { value: number; low: number; high: number; looks: number }[]>();
  series.at.forEach((at, i) => {
    if (at < from || at > to) return;
    const slice = Math.min(count - 1, Math.floor((at - from) / length));
    const value = series.values[i] ?? 0;
    const point = {
      value,
      low: series.lows[i] ?? value,
      high: series.highs[i] ?? value,
      looks: series.counts[i] ?? 1,
    };
    found.set(slice, [...(found.get(slice) ?? []), point]);
  });
  return [...found].map(([slice, points]) => {
    const looks = points.reduce((sum, point) => sum + point.looks, 0);
    const sorted = points.toSorted((a, b) => a.value - b.value);
    const quantile = (q: number) => {
      let seen = 0;
      for (const point of sorted) {
        seen += point.looks;
        if (seen >= q * looks) return point.value;
      }
      return sorted.at(-1)?.value ?? 0;
    };
    return {
      at: from + slice * length,
      mean: points.reduce((sum, point) => sum + point.value * point.looks, 0) / looks,
      low: Math.min(...points.map(({ low }) => low)),
      high: Math.max(...points.map(({ high }) => high)),
      p50: quantile(0.5),
      p95: quantile(0.95),
      looks,
    };
  });
}
