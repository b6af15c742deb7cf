// How few requests could be enough: no test that raises a false alarm with probability at most α needs fewer on
// average than ln(1/α) divided by the information in one request (Wald 1945).

/** Information in one request that fails with chance `p` where `q` was claimed, in nats. */
export function information(p: number, q: number): number {
  const part = (a: number, b: number) => (a === 0 ? 0 : a * Math.log(a / b));
  return part(p, q) + part(1 - p, 1 - q);
}

/**
 * Information in one request of either arm against "canary ≤ ratio × stable + plus", for the null that explains the
 * data best.
 * @param canary Error rate of the canary.
 * @param stable Error rate of stable.
 * @param split Share of requests that the canary gets.
 */
export function relativeInformation(
  canary: number,
  stable: number,
  split: number,
  ratio = 1,
  plus = 0,
): number {
  const at = (p: number) =>
    split * information(canary, Math.min(1 - 1e-15, ratio * p + plus)) + (1 - split) * information(stable, p);
  let low = Math.max(1e-12, stable * 0.5);
  let high = Math.min((1 - plus) / ratio - 1e-12, Math.max(canary, stable) + 1e-9);
  for (let i = 0; i < 200; i++) {
    const third = (high - low) / 3;
    if (at(low + third) < at(high - third)) high -= third;
    else low += third;
  }
  return at((low + high) / 2);
}

/** Information in one request of either arm about two distributions being different. */
export function distributionInformation(
  canary: ArrayLike<number>,
  stable: ArrayLike<number>,
  split: number,
): number {
  let sum = 0;
  for (let j = 0; j < canary.length; j++) {
    const [a, b] = [canary[j] as number, stable[j] as number];
    const mixed = split * a + (1 - split) * b;
    if (a > 0) sum += split * a * Math.log(a / mixed);
    if (b > 0) sum += (1 - split) * b * Math.log(b / mixed);
  }
  return sum;
}

/** Fewest requests, on average, with which a test may decide. @param information Nats per request. */
export const fewestRequests = (falseAlarms: number, information: number): number =>
  Math.log(1 / falseAlarms) / information;

/**
 * Requests that these tests will need, on average: a rule of thumb from simulations.
 * @param tests How many guardrails share the budget.
 * @param kind Rates need about 2 nats more than the bound, whole distributions about 3.5.
 */
export const expectedRequests = (
  falseAlarms: number,
  tests: number,
  information: number,
  kind: "rate" | "distribution" = "rate",
): number => (Math.log(tests / falseAlarms) + (kind === "rate" ? 2 : 3.5)) / information;
