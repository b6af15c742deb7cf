import { countFrom, tailStart } from "./bins.js";
import { tilt } from "./kernel.js";
import { normalQuantile } from "./normal-quantile.js";

// Bets on two whole distributions of latency, against "the canary is not slower than stable at any quantile". Both
// families rise with latency; that is what covers every quantile at once.

/** Shifts in normal scores: "all of it got slower". Each is twice the one before; `shiftGains` relies on it. */
const shifts = [0.1, 0.2, 0.4, 0.8, 1.6] as const;
/** Shares of the slowest requests, and odds: "some became very slow". */
const tails = [0.05, 0.01, 0.001] as const;
const tailOdds = [2, 5, 20] as const;

/** Fewest requests of stable in the reference before there is a bet. */
const fewest = 50;
/** Requests of stable after which half of the reference is forgotten: for shifts, and for the rarer tails. */
const shiftMemory = 2_000;
const tailMemory = 20_000;

/** One share of the wealth for each component: shifts, then tails row by row. */
export const distributionWeights: readonly number[] = [
  ...shifts.map(() => 0.1),
  ...tails.flatMap(() => tailOdds.map(() => 1 / 18)),
];

/** What a component bets on, in words. */
export const distributionComponents: readonly string[] = [
  ...shifts.map((d) => `everything slower by ${d} standard deviations`),
  ...tails.flatMap((q) =>
    tailOdds.map((odds) => `slowest ${Number((q * 100).toPrecision(3))}% at ${odds} times the odds`),
  ),
];

/** How fast stable has been lately: counts per bin, the old forgotten with every new request. */
export type Reference = { shift: number[]; tail: number[] };

export const emptyReference = (bins: number): Reference => ({
  shift: new Array<number>(bins).fill(0),
  tail: new Array<number>(bins).fill(0),
});

/** Lets the reference learn from a bucket; only ever after the bucket has been bet on. */
export function learn(reference: Reference, stable: ArrayLike<number>): void {
  const requests = countFrom(stable, 0);
  if (requests === 0) return;
  const keepShift = 2 ** (-requests / shiftMemory);
  const keepTail = 2 ** (-requests / tailMemory);
  for (let j = 0; j < reference.shift.length; j++) {
    reference.shift[j] = (reference.shift[j] as number) * keepShift + (stable[j] as number);
    reference.tail[j] = (reference.tail[j] as number) * keepTail + (stable[j] as number);
  }
}

/** The normal score of each bin of a reference: where it would lie if latencies were normal. */
export function normalScores(counts: ArrayLike<number>): number[] {
  const total = countFrom(counts, 0);
  const scores: number[] = [];
  let below = 0;
  for (let j = 0; j < counts.length; j++) {
    const here = counts[j] as number;
    scores.push(normalQuantile((below + here / 2 + 0.5) / (total + 1)));
    below += here;
  }
  return scores;
}

/** First and last bin that holds anything in any of the histograms. */
function span(...histograms: ArrayLike<number>[]): [number, number] {
  const bins = (histograms[0] as ArrayLike<number>).length;
  const some = (j: number) => histograms.some((h) => (h[j] as number) > 0);
  let first = 0;
  let last = bins - 1;
  while (first < last && !some(first)) first++;
  while (last > first && !some(last)) last--;
  return [first, last];
}

/**
 * The gains of one bucket.
 * @param canary Requests per bin, already moved down by the tolerance.
 * @param stable The same of stable.
 * @param reference How fast stable was before this bucket.
 * @returns One gain per component; all zero where there is nothing to compare.
 */
export function distributionGains(
  canary: ArrayLike<number>,
  stable: ArrayLike<number>,
  reference: Reference,
): number[] {
  const gains = new Array<number>(distributionWeights.length).fill(0);
  const n1 = countFrom(canary, 0);
  const n0 = countFrom(stable, 0);
  const total = countFrom(reference.shift, 0);
  if (n1 === 0 || n0 === 0 || total < fewest) return gains;
  const split = n1 / (n1 + n0);
  shiftGains(gains, canary, stable, reference.shift, total, split);
  tailGains(gains, canary, stable, reference.tail, split);
  return gains;
}

function shiftGains(
  gains: number[],
  canary: ArrayLike<number>,
  stable: ArrayLike<number>,
  counts: readonly number[],
  total: number,
  split: number,
): void {
  const [first, last] = span(canary, stable, counts);
  const width = last - first + 1;
  const factors = new Float64Array(width * shifts.length);
  const means = [0, 0, 0, 0, 0];
  let below = 0;
  for (let i = 0; i < width; i++) {
    const here = counts[first + i] as number;
    const score = normalQuantile((below + here / 2 + 0.5) / (total + 1));
    below += here;
    // exp(d·z) for the smallest d; squaring gives the next, and costs far less than another exponential.
    let factor = Math.exp(shifts[0] * score);
    for (let d = 0; d < shifts.length; d++) {
      factors[i * shifts.length + d] = factor;
      means[d] = (means[d] as number) + here * factor;
      factor *= factor;
    }
  }
  for (let i = 0; i < width; i++) {
    const slow = canary[first + i] as number;
    const all = slow + (stable[first + i] as number);
    if (all === 0) continue;
    for (let d = 0; d < shifts.length; d++) {
      const odds = (factors[i * shifts.length + d] as number) / ((means[d] as number) / total);
      gains[d] = (gains[d] as number) + slow * Math.log(odds) - all * Math.log1p(split * (odds - 1));
    }
  }
}

function tailGains(
  gains: number[],
  canary: ArrayLike<number>,
  stable: ArrayLike<number>,
  counts: readonly number[],
  split: number,
): void {
  let at: number = shifts.length;
  for (const q of tails) {
    const start = tailStart(counts, q);
    const slow = countFrom(canary, start);
    const all = slow + countFrom(stable, start);
    for (const odds of tailOdds) gains[at++] = all === 0 ? 0 : tilt(slow, all, split, odds);
  }
}
