import { logFactorial, stirlingRest } from "./log-gamma.js";

/** Two ends of an interval. */
export type Interval = { low: number; high: number };

const logTwoPi = Math.log(2 * Math.PI);

/**
 * How much the data contradict the running-mean rate `p`: the log of a gamma-Poisson mixture of likelihood ratios,
 * ln Γ(x+1) + n·p − (x+1)·ln(1 + n·p).
 */
function against(x: number, n: number, p: number): number {
  const mean = n * p;
  if (x < 16) return logFactorial(x) + mean - (x + 1) * Math.log1p(mean);
  // The same, with what cancels between the large terms taken out first: exact also at 1e9 requests.
  const off = (1 + mean - x) / x;
  return (
    0.5 * (logTwoPi + Math.log(x)) + stirlingRest(x) + x * (off - Math.log1p(off)) - 1 - Math.log1p(mean)
  );
}

function crossing(x: number, n: number, limit: number, outside: number, inside: number): number {
  let [out, within] = [outside, inside];
  for (let i = 0; i < 200; i++) {
    const middle = (out + within) / 2;
    if (middle === out || middle === within) break;
    if (against(x, n, middle) < limit) within = middle;
    else out = middle;
  }
  return (out + within) / 2;
}

/**
 * Confidence sequence for a rate: with probability 1 − `level` it covers the mean of the rate so far at every look,
 * however many looks there are and however the rate moves.
 * @param x Bad events; fractions are fine.
 * @param n Trials.
 * @param level Chance that it ever misses, e.g. 0.05.
 * @returns Rates from 0 to 1; all of them where nothing was counted.
 */
export function rateInterval(x: number, n: number, level: number): Interval {
  if (n <= 0) return { low: 0, high: 1 };
  const limit = Math.log(1 / level);
  const centre = x / n;
  const low = against(x, n, 0) < limit ? 0 : crossing(x, n, limit, 0, centre);
  if (centre >= 1 || against(x, n, 1) < limit) return { low: Math.min(low, 1), high: 1 };
  return { low, high: crossing(x, n, limit, 1, centre) };
}
