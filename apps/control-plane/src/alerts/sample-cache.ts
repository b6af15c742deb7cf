import {
  type Flag,
  flags,
  lookbackFor,
  type Metric,
  type MetricSeries,
  metrics,
  type Samples,
  type SeriesName,
  upMetric,
} from "@atoms/playbook";

/** Reads one metric of every monitor; both ends belong to the range. */
export type ReadStored = (query: { metric: string; from: number; to: number }) => Promise<MetricSeries[]>;

/** A sample is written so long after its look has ended, at most, while the store is well. */
const writtenWithinMs = 5_000;
/** What was written up to two minutes later still, because the store was away, is looked for so far back, and so often. */
const overlap = { ms: 180_000, everyMs: 60_000 };

/** How a series of a condition is kept: facts about health are whether a look found the service down. */
export function storedAs(series: Metric | Flag): { metric: string; of: (value: number) => number } {
  return (flags as readonly string[]).includes(series)
    ? { metric: upMetric, of: (value) => 1 - value }
    : { metric: series, of: (value) => value };
}

/** Samples at hand: each evaluation reads only what is new. */
export interface SampleCache {
  /**
   * Brings some series up to date.
   * @param wanted How far back each is looked at, in milliseconds.
   * @param lookMs The longest that a look may take: samples come that long after the time they bear.
   */
  refresh(wanted: ReadonlyMap<Metric | Flag, number>, now: number, lookMs: number): Promise<void>;
  /** @param everyMs How often the monitor looks, in milliseconds; decides how long its last sample stands. */
  samples(series: SeriesName, monitor: string, everyMs: number): Samples | undefined;
}

type Kept = { at: number[]; values: number[]; lows: number[]; highs: number[]; counts: number[] };

/** Nothing is read before the first `refresh`. */
export function sampleCache(read: ReadStored): SampleCache {
  /** By metric, then by monitor; values as they are stored. */
  const kept = new Map<string, { reach: number; since: number; deepAt: number; series: Map<string, Kept> }>();
  const seen = new Map<string, Samples>();

  return {
    async refresh(wanted, now, lookMs) {
      const reaches = new Map<string, number>();
      for (const [series, reach] of wanted) {
        const { metric } = storedAs(series);
        reaches.set(metric, Math.max(reach, reaches.get(metric) ?? 0));
      }
      await Promise.all(
        [...reaches].map(async ([metric, reach]) => {
          const standing = kept.get(metric);
          const fresh = standing === undefined || standing.reach < reach;
          const deep = fresh || Math.abs(now - standing.deepAt) >= overlap.everyMs;
          const back = deep ? overlap.ms : Math.min(overlap.ms, lookMs + writtenWithinMs);
          const from = fresh ? now - reach : Math.max(now - reach, standing.since - back);
          const found = await read({ metric, from, to: now });
          const series = fresh ? new Map<string, Kept>() : standing.series;
          for (const one of found)
            series.set(one.monitor, joined(series.get(one.monitor), one, from, now - reach));
          kept.set(metric, { reach, since: now, deepAt: deep ? now : standing.deepAt, series });
        }),
      );
      seen.clear();
    },
    samples(series, monitor, everyMs) {
      const key = `${series} ${monitor}`;
      const known = seen.get(key);
      if (known !== undefined) return known;
      if (!(series in metrics) && !(flags as readonly string[]).includes(series)) return undefined;
      const { metric, of } = storedAs(series as Metric | Flag);
      const one = kept.get(metric)?.series.get(monitor);
      if (one === undefined) return undefined;
      const turned = metric === upMetric;
      const samples: Samples = {
        at: one.at,
        values: turned ? one.values.map(of) : one.values,
        lows: turned ? one.highs.map(of) : one.lows,
        highs: turned ? one.lows.map(of) : one.highs,
        counts: one.counts,
        lookbackMs: lookbackFor(everyMs),
      };
      seen.set(key, samples);
      return samples;
    },
  };
}

/** What was kept before `from`, then what was read anew from there on; what is older than `least` goes. */
function joined(before: Kept | undefined, read: MetricSeries, from: number, least: number): Kept {
  const result: Kept = { at: [], values: [], lows: [], highs: [], counts: [] };
  const add = (one: MetricSeries | Kept, fits: (at: number) => boolean) => {
    for (let i = 0; i < one.at.length; i++) {
      const at = one.at[i] ?? 0;
      if (!fits(at)) continue;
      result.at.push(at);
      result.values.push(one.values[i] ?? 0);
      result.lows.push(one.lows[i] ?? 0);
      result.highs.push(one.highs[i] ?? 0);
      result.counts.push(one.counts[i] ?? 1);
    }
  };
  if (before !== undefined) add(before, (at) => at < from && at >= least);
  add(read, () => true);
  return result;
}
