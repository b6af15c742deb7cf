import { writeValue } from "./language/index.js";
import {
  type Expression,
  goodShares,
  type Metric,
  metrics,
  type Selection,
  type StateName,
  states,
  type WindowFunction,
} from "./model.js";
import { after, lookbackMs, type Samples } from "./series.js";

/** Finds the samples that an expression reads; undefined where there is no such series yet. */
export type Read = (of: Selection) => Samples | undefined;

/**
 * What a condition says at a time: true, false, or undefined when it cannot be told for lack of samples. `and` and `or`
 * tell what they can: false and anything is false, true or anything is true.
 * @param now Milliseconds since the epoch; later samples are not seen.
 */
export function holds(one: Expression, read: Read, now: number): boolean | undefined {
  switch (one.kind) {
    case "flag": {
      const value = lastValue(read(one.of), now);
      return value === undefined ? undefined : value !== 0;
    }
    case "state": {
      const value = lastValue(read(one.of), now);
      if (value === undefined) return undefined;
      const known: readonly string[] = states[one.of.series as StateName];
      return (known.indexOf(one.value) === value) === (one.operator === "==");
    }
    case "not": {
      const of = holds(one.of, read, now);
      return of === undefined ? undefined : !of;
    }
    case "and": {
      const left = holds(one.left, read, now);
      if (left === false) return false;
      const right = holds(one.right, read, now);
      return right === false ? false : left === undefined || right === undefined ? undefined : true;
    }
    case "or": {
      const left = holds(one.left, read, now);
      if (left === true) return true;
      const right = holds(one.right, read, now);
      return right === true ? true : left === undefined || right === undefined ? undefined : false;
    }
    case "compare": {
      const left = numberOf(one.left, read, now);
      const right = left === undefined ? undefined : numberOf(one.right, read, now);
      if (left === undefined || right === undefined) return undefined;
      return compare[one.operator](left, right);
    }
    default:
      return undefined;
  }
}

const compare = {
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
};

const calculate = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
};

/** The number that an expression gives at a time; undefined for lack of samples. */
export function numberOf(one: Expression, read: Read, now: number): number | undefined {
  switch (one.kind) {
    case "literal":
      return one.value;
    case "metric":
      return lastValue(read(one.of), now);
    case "negative": {
      const value = numberOf(one.of, read, now);
      return value === undefined ? undefined : -value;
    }
    case "arithmetic": {
      const left = numberOf(one.left, read, now);
      const right = left === undefined ? undefined : numberOf(one.right, read, now);
      if (left === undefined || right === undefined) return undefined;
      return calculate[one.operator](left, right);
    }
    case "window":
      return overWindow(one.function, read(one.of), now, one.range, isFact(one.of));
    case "burn": {
      const share = overWindow("avg", read(one.of), now, one.range, false);
      if (share === undefined) return undefined;
      const spent = goodShares.includes(one.of.series as Metric) ? 1 - share : share;
      return spent / (1 - one.objective);
    }
    default:
      return undefined;
  }
}

const isFact = (of: Selection) => !Object.hasOwn(metrics, of.series);

/** The last sample, while it is young enough to stand for now. */
function lastValue(samples: Samples | undefined, now: number): number | undefined {
  if (samples === undefined) return undefined;
  const index = after(samples, now) - 1;
  const at = samples.at[index];
  return at === undefined || at <= now - (samples.lookbackMs ?? lookbackMs)
    ? undefined
    : samples.values[index];
}

/** Samples later than `now - range` and not later than `now`: as Prometheus 3, so that 5m of one a minute are five. */
function overWindow(
  asked: WindowFunction,
  samples: Samples | undefined,
  now: number,
  range: number,
  fact: boolean,
): number | undefined {
  if (samples === undefined) return undefined;
  const from = after(samples, now - range);
  const to = after(samples, now);
  if (from >= to) return undefined;
  const { values, counts, lows = values, highs = values } = samples;
  switch (asked) {
    case "avg":
    case "sum": {
      let sum = 0;
      let count = 0;
      for (let i = from; i < to; i++) {
        const weight = counts?.[i] ?? 1;
        sum += (values[i] ?? 0) * weight;
        count += weight;
      }
      return asked === "sum" ? sum : sum / count;
    }
    case "min": {
      let least = Number.POSITIVE_INFINITY;
      for (let i = from; i < to; i++) least = Math.min(least, lows[i] ?? least);
      return least;
    }
    case "max": {
      let most = Number.NEGATIVE_INFINITY;
      for (let i = from; i < to; i++) most = Math.max(most, highs[i] ?? most);
      return most;
    }
    case "last":
      return values[to - 1];
    case "count": {
      // Of a fact: how often it was so. Of a number: how many samples there are.
      let count = 0;
      for (let i = from; i < to; i++) count += (fact ? (values[i] ?? 0) : 1) * (counts?.[i] ?? 1);
      return fact ? Math.round(count) : count;
    }
    case "rate":
      return rate(samples, from, to, now, range);
    default:
      return quantile(values.slice(from, to), Number(asked.slice(1)) / 100);
  }
}

/** Between the two nearest ranks, as Prometheus' quantile_over_time. */
function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  const rank = share * (values.length - 1);
  const low = Math.max(0, Math.floor(rank));
  const high = Math.min(values.length - 1, low + 1);
  const weight = rank - Math.floor(rank);
  return (values[low] ?? 0) * (1 - weight) + (values[high] ?? 0) * weight;
}

/**
 * How fast a counter grows, per second. Resets to a lower number count as growth from zero, and the growth between the
 * first and last sample is extended to the window's ends where samples are near them, as Prometheus does it.
 */
function rate(
  { at, values }: Samples,
  from: number,
  to: number,
  now: number,
  range: number,
): number | undefined {
  if (to - from < 2) return undefined;
  const [first = 0, last = 0, begins = 0, ends = 0] = [values[from], values[to - 1], at[from], at[to - 1]];
  let growth = last - first;
  for (let i = from + 1; i < to; i++) {
    const before = values[i - 1] ?? 0;
    if ((values[i] ?? 0) < before) growth += before;
  }
  const sampled = ends - begins;
  const between = sampled / (to - from - 1);
  const near = between * 1.1;
  let lead = begins - (now - range);
  const trail = now - ends;
  // A counter cannot have been below zero: it is not extended beyond where it would have begun.
  if (growth > 0 && first >= 0) lead = Math.min(lead, sampled * (first / growth));
  const covered = sampled + (lead < near ? lead : between / 2) + (trail < near ? trail : between / 2);
  return (growth * (covered / sampled)) / (range / 1_000);
}

/** What a condition measures at a time, in words: the measured side of every comparison, e.g. "error_rate 2.5%". */
export function sawAt(one: Expression, read: Read, now: number): string {
  return [...new Set(measured(one, read, now))].join(", ");
}

function measured(one: Expression, read: Read, now: number): string[] {
  switch (one.kind) {
    case "and":
    case "or":
      return [...measured(one.left, read, now), ...measured(one.right, read, now)];
    case "not":
      return measured(one.of, read, now);
    case "flag": {
      const so = holds(one, read, now);
      return [`${one.of.series} ${so === undefined ? "unknown" : so ? "yes" : "no"}`];
    }
    case "state": {
      const value = lastValue(read(one.of), now);
      const known: readonly string[] = states[one.of.series as StateName];
      return [`${one.of.series} ${known[value ?? -1] ?? "unknown"}`];
    }
    case "compare":
      return [...sides(one.left, read, now), ...sides(one.right, read, now)];
    default:
      return [];
  }
}

function sides(one: Expression, read: Read, now: number): string[] {
  switch (one.kind) {
    case "arithmetic":
      return [...sides(one.left, read, now), ...sides(one.right, read, now)];
    case "negative":
      return sides(one.of, read, now);
    case "metric":
    case "window":
    case "burn": {
      const value = numberOf(one, read, now);
      const unit = one.kind === "burn" || isCounting(one) ? "number" : metrics[one.of.series as Metric];
      const name =
        one.kind === "metric"
          ? one.of.series
          : one.kind === "burn"
            ? `burn_rate ${one.of.series}`
            : `${one.function} ${one.of.series}`;
      return [`${name} ${value === undefined ? "unknown" : writeValue(rounded(value), unit)}`];
    }
    default:
      return [];
  }
}

const isCounting = (one: Expression) =>
  one.kind === "window" && (one.function === "count" || one.function === "rate");
const rounded = (value: number) => Number(value.toPrecision(4));
