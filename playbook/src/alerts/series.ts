/** Samples of one series, oldest first. Facts are 0 or 1; states are their place in the list of their words, or -1. */
export type Samples = {
  /** Milliseconds since the epoch, ascending. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  /** Where old samples were thinned out: how many each point stands for, and the least and most of them. */
  readonly counts?: readonly number[];
  readonly lows?: readonly number[];
  readonly highs?: readonly number[];
  /** How long a sample stands for what is so now, in milliseconds; 5 minutes when left out. */
  readonly lookbackMs?: number;
};

/** How long the last sample stands for what is so now, unless its monitor looks more rarely. */
export const lookbackMs = 300_000;

/** A monitor's series stands until two looks and a half have gone by without a sample, at least five minutes. */
export const lookbackFor = (intervalMs: number): number => Math.max(lookbackMs, Math.round(intervalMs * 2.5));

/** The index of the first sample later than `time`. */
export function after(samples: Samples, time: number): number {
  let low = 0;
  let high = samples.at.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples.at[middle] ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

const shape =
  /^(?:(?<gap>_)|(?<start>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?<step>[+-]\d+(?:\.\d+)?(?:e-?\d+)?)?)(?:x(?<times>\d+))?$/;
const mostSamples = 100_000;

/**
 * Writes out a series of samples from Prometheus' shorthand for tests.
 * `a+bxn` is a, a+b, … n more times; `a-bxn` falls; `axn` repeats a n more times; `_` is a missing sample, `_xn` n of them.
 * @example series("0.1+0.02x3 _ 5") // [0.1, 0.12, 0.14, 0.16, undefined, 5]
 * @throws Error when a part cannot be read, or when there would be more than 100,000 samples.
 */
export function series(shorthand: string): (number | undefined)[] {
  const found: (number | undefined)[] = [];
  for (const part of shorthand.trim().split(/\s+/)) {
    found.push(...samplesOf(part));
    if (found.length > mostSamples) throw new Error(`"${part}" makes more than ${mostSamples} samples`);
  }
  return found;
}

function samplesOf(text: string): (number | undefined)[] {
  const groups = shape.exec(text)?.groups;
  if (groups === undefined)
    throw new Error(`cannot read "${text}" as a series; try "0.1+0.02x3", "5x10" or "_x2"`);
  const times = Number(groups["times"] ?? 0);
  if (times > mostSamples) throw new Error(`"${text}" makes more than ${mostSamples} samples`);
  if (groups["gap"] !== undefined) return Array.from({ length: Math.max(1, times) }, () => undefined);
  if (groups["step"] !== undefined && groups["times"] === undefined)
    throw new Error(`"${text}" does not say how often; write e.g. "${text}x3"`);
  const start = Number(groups["start"]);
  const step = Number(groups["step"] ?? 0);
  // Rounded to 12 digits, so that 0.1+0.02x2 ends in 0.14 and not in 0.14000000000000001.
  return Array.from({ length: times + 1 }, (_, i) => Number((start + i * step).toPrecision(12)));
}
