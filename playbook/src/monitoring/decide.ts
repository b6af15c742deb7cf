import {
  type MetricSeries,
  type MonitorSample,
  type MonitorState,
  type Patience,
  type Standing,
  usualPatience,
} from "./model.js";

/**
 * How a monitor stands after one more look. One look never turns it round unless `patience` says so: a lost packet is no
 * outage, and one lucky answer no recovery.
 * @param before undefined before the first look.
 * @param look The same look again, known by its time, changes nothing. Looks count in the order they are given in, so
 * that a clock that was put back does not make a monitor blind.
 */
export function afterLook(
  before: MonitorState | undefined,
  look: Pick<MonitorSample, "at" | "outcome">,
  patience: Patience = usualPatience,
): MonitorState {
  if (before?.lastAt === look.at) return before;
  const run =
    before?.run.outcome === look.outcome
      ? { ...before.run, count: before.run.count + 1 }
      : { outcome: look.outcome, count: 1, since: look.at };
  const was: Standing = before?.standing ?? "pending";
  const needed = look.outcome === "up" ? patience.successes : patience.failures;
  const turned = run.count >= needed && was !== look.outcome;
  return {
    standing: turned ? look.outcome : was,
    since: turned ? run.since : (before?.since ?? look.at),
    run,
    lastAt: look.at,
  };
}

/** How a monitor stands after looks, oldest first. @returns undefined when there are none. */
export function afterLooks(
  looks: readonly Pick<MonitorSample, "at" | "outcome">[],
  patience: Patience = usualPatience,
): MonitorState | undefined {
  return looks.reduce<MonitorState | undefined>((state, look) => afterLook(state, look, patience), undefined);
}

/**
 * The mean of a series over every sample it stands for, thinned out or not: of `up`, the share of looks that found the
 * service up. @returns undefined without samples.
 */
export function meanOf(series: Pick<MetricSeries, "values" | "counts">): number | undefined {
  let sum = 0;
  let count = 0;
  series.values.forEach((value, index) => {
    const weight = series.counts[index] ?? 1;
    sum += value * weight;
    count += weight;
  });
  return count === 0 ? undefined : sum / count;
}
