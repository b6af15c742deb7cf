/** Odds that bet on harm: hits are this many times as frequent. Each starts with an equal share of the wealth. */
export const upwards: readonly number[] = [1.2, 1.5, 2, 3, 5, 10, 30, 100];
/** Odds that bet on health: hits are this many times as frequent, and so rarer. */
export const downwards: readonly number[] = [0.02, 0.1, 0.25, 0.5, 0.75];

/**
 * The one likelihood ratio all is made of: the log-wealth that a bet at odds `odds` gains on `hits` of `trials`.
 * Its exponential has expectation ≤ 1 while each trial's conditional chance is at most `p` (odds > 1), or at least
 * `p` (odds < 1), however it moves meanwhile.
 * @param p Chance of a hit under the null, 0 < p < 1.
 */
export function tilt(hits: number, trials: number, p: number, odds: number): number {
  return hits * Math.log(odds) - trials * Math.log1p(p * (odds - 1));
}

/** What both arms answered inside one bucket. */
export type ArmPair = {
  /** Bad events and requests of the canary. */
  x1: number;
  n1: number;
  /** Bad events and requests of stable. */
  x0: number;
  n0: number;
};

/**
 * The same bet on two arms, against "the canary's rate is at most `ratio` × stable's + `plus`". Only bad events are
 * trials: given one, the exposures inside the bucket bound the chance that it is the canary's. Rates and exposures may
 * be different in every bucket.
 */
export function relativeTilt(pair: ArmPair, ratio: number, plus: number, odds: number): number {
  const { x1, n1, x0, n0 } = pair;
  if (n1 + n0 <= 0) return 0;
  const v = (ratio * n1) / (ratio * n1 + n0);
  const gain = tilt(x1, x1 + x0, v, odds);
  return plus === 0 ? gain : gain - (plus * n1 * (odds - 1) * (1 - v)) / (1 + v * (odds - 1));
}
