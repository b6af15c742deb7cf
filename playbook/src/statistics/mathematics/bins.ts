import { type Interval, rateInterval } from "./rate-interval.js";

/** Each bin of a latency histogram is this many times as wide as the one before: 5 %. */
export const binRatio = 1.05;
/** Bin 0 is below 1 ms, bin j is [1.05^(j-1), 1.05^j) ms, and the last is open: from 55.8 s on. */
export const binCount = 226;

const logRatio = Math.log(binRatio);

/** Lower edges of the bins, in milliseconds: 0, 1, 1.05, … */
export const lowerEdges: readonly number[] = Array.from({ length: binCount }, (_, j) =>
  j === 0 ? 0 : binRatio ** (j - 1),
);

/** The bin of a latency in milliseconds. */
export function binOf(ms: number): number {
  if (!(ms >= 1)) return 0;
  let bin = Math.min(binCount - 1, Math.floor(Math.log(ms) / logRatio) + 1);
  // The logarithm may be off by one unit in the last place at an edge.
  if (bin < binCount - 1 && ms >= (lowerEdges[bin + 1] as number)) bin++;
  else if (ms < (lowerEdges[bin] as number)) bin--;
  return bin;
}

/** Fewest bins that a factor spans; a canary this much slower moves up by no more. */
export const binsUp = (factor: number): number => Math.max(0, Math.ceil(Math.log(factor) / logRatio - 1e-9));

/** The sum of a histogram from bin `from` on. */
export function countFrom(counts: ArrayLike<number>, from: number): number {
  let sum = 0;
  for (let j = Math.max(0, from); j < counts.length; j++) sum += counts[j] as number;
  return sum;
}

/**
 * The smallest bin from which on at most the share `q` of all lies; one past the last bin where even that one holds
 * more.
 */
export function tailStart(counts: ArrayLike<number>, q: number): number {
  const most = q * countFrom(counts, 0);
  let above = 0;
  for (let j = counts.length - 1; j >= 0; j--) {
    above += counts[j] as number;
    if (above > most) return j + 1;
  }
  return 0;
}

/** A quantile with what it may plausibly be, in milliseconds. `high` is Infinity where the data do not bound it (null in JSON). */
export type QuantileEstimate = Interval & { value: number };

/**
 * A quantile of a histogram, with a confidence sequence: with probability 1 − `level` each end holds at every look.
 * @param counts Requests per bin.
 * @param q E.g. 0.95.
 * @returns Undefined where nothing was counted. The value is the upper edge of the bin that holds the quantile.
 */
export function quantileEstimate(
  counts: ArrayLike<number>,
  q: number,
  level: number,
): QuantileEstimate | undefined {
  const total = countFrom(counts, 0);
  if (total <= 0) return undefined;
  const above = new Float64Array(counts.length + 1);
  for (let j = counts.length - 1; j >= 0; j--) above[j] = (above[j + 1] as number) + (counts[j] as number);
  const edge = (j: number) => (j < counts.length ? (lowerEdges[j] as number) : Number.POSITIVE_INFINITY);
  const first = (holds: (j: number) => boolean) => {
    let [low, high] = [0, counts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const rate = (j: number) => rateInterval(above[j] as number, total, level);
  const upper = first((j) => j === counts.length || rate(j).high <= 1 - q);
  // The last edge that surely more than 1 − q exceed is the one before the first that need not be.
  const lower = first((j) => j === counts.length || rate(j).low < 1 - q) - 1;
  return {
    value: edge(first((j) => (above[j] as number) <= (1 - q) * total)),
    low: edge(Math.max(0, lower)),
    high: upper === counts.length ? Number.POSITIVE_INFINITY : edge(upper),
  };
}
