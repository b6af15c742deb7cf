import { type MetricSeries, type MonitorSample, type SampleStore, upMetric } from "@atoms/playbook";

type Point = {
  metric: string;
  every: number;
  at: number;
  count: number;
  sum: number;
  low: number;
  high: number;
};
type Kept = {
  service: string;
  environment: string;
  monitor: string;
  samples: MonitorSample[];
  points: Point[];
};

/** Samples in memory, for tests. */
export function memorySamples(): SampleStore {
  const monitors = new Map<string, Kept>();
  const chosen = (query: { service: string; environment: string; monitor?: string }) =>
    [...monitors.values()]
      .filter(
        (one) =>
          one.service === query.service &&
          one.environment === query.environment &&
          (query.monitor === undefined || query.monitor === one.monitor),
      )
      .sort((a, b) => (a.monitor < b.monitor ? -1 : 1));
  return {
    async append(samples) {
      for (const { monitor, values } of samples)
        for (const [metric, value] of Object.entries(values))
          if (!Number.isFinite(value) || !/^[a-z][a-z0-9_]*$/.test(metric))
            throw new TypeError(`monitor ${monitor} measured ${metric} = ${value}, which cannot be kept`);
      for (const sample of samples) {
        const { service, environment, monitor } = sample;
        const key = JSON.stringify([service, environment, monitor]);
        const kept = monitors.get(key) ?? { service, environment, monitor, samples: [], points: [] };
        monitors.set(key, kept);
        if (kept.samples.some(({ at }) => at === sample.at)) continue;
        kept.samples.push(structuredClone(sample));
        kept.samples.sort((a, b) => a.at - b.at);
      }
    },
    read: async ({ metric, from, to, ...query }) =>
      chosen(query)
        .map((kept) => seriesOf(kept, metric, from, to))
        .filter(({ at }) => at.length > 0),
    latest: async ({ looks = 1, ...query }) =>
      structuredClone(chosen(query).flatMap(({ samples }) => samples.slice(-looks))),
    async thinOut(now, { wholeMs, thinned }) {
      for (const kept of monitors.values()) {
        const [finest] = thinned;
        const end = floor(now - wholeMs, finest?.everyMs ?? 1);
        const old = kept.samples.filter(({ at }) => at < end);
        kept.samples = kept.samples.filter(({ at }) => at >= end);
        if (finest !== undefined) merge(kept.points, old.flatMap(pointsOf), finest.everyMs);
        for (const [index, { everyMs, upToMs }] of thinned.entries()) {
          const next = thinned[index + 1];
          const until = floor(now - upToMs, next?.everyMs ?? everyMs);
          const isOld = (point: Point) => point.every === everyMs && point.at < until;
          const moved = kept.points.filter(isOld);
          kept.points = kept.points.filter((point) => !isOld(point));
          if (next !== undefined) merge(kept.points, moved, next.everyMs);
        }
      }
    },
  };
}

const floor = (at: number, every: number) => Math.floor(at / every) * every;

const pointsOf = ({ at, outcome, values }: MonitorSample): Point[] =>
  Object.entries({ ...values, [upMetric]: outcome === "up" ? 1 : 0 }).map(([metric, value]) => ({
    metric,
    every: 0,
    at,
    count: 1,
    sum: value,
    low: value,
    high: value,
  }));

function merge(points: Point[], added: readonly Point[], every: number): void {
  for (const one of added) {
    const at = floor(one.at, every);
    const same = points.find((p) => p.metric === one.metric && p.every === every && p.at === at);
    if (same === undefined) points.push({ ...one, every, at });
    else {
      same.count += one.count;
      same.sum += one.sum;
      same.low = Math.min(same.low, one.low);
      same.high = Math.max(same.high, one.high);
    }
  }
}

function seriesOf(kept: Kept, metric: string, from: number, to: number): MetricSeries {
  const all = [...kept.points, ...kept.samples.flatMap(pointsOf)]
    .filter((point) => point.metric === metric && point.at >= from && point.at <= to)
    .sort((a, b) => a.at - b.at);
  return {
    monitor: kept.monitor,
    at: all.map(({ at }) => at),
    values: all.map(({ sum, count }) => sum / count),
    lows: all.map(({ low }) => low),
    highs: all.map(({ high }) => high),
    counts: all.map(({ count }) => count),
  };
}
