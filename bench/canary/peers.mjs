// The rules of other tools, written anew from their documentation and the behaviour of their code, so that all judge
// the same streams. One point per minute, as their users have it.
import { normalBelow } from "./latencies.mjs";

/**
 * Kayenta's judge for one metric where higher is worse: Mann-Whitney with a confidence interval for the shift
 * (confidence 0.98), tolerance 0.25 of the estimated shift, over all points so far.
 * Below four points the interval falls back to the extremes, and one lucky point would already be a verdict; it is
 * therefore asked from four points on, which is kinder to it than its own code.
 */
const fewestPoints = 4;
const zQuantile = 2.3263478740408408;

export function kayentaHigh(canary, stable) {
  const n = canary.length;
  if (n < fewestPoints) return false;
  const all = [...canary, ...stable];
  if (all.every((v) => v === all[0])) return false;
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  if (mean(canary) < mean(stable)) return false;
  const low = Math.min(...canary) - Math.max(...stable);
  const high = Math.max(...canary) - Math.min(...stable);
  const sorted = Float64Array.from(stable).sort();
  const root = (z) => {
    if (deviation(low, z, canary, sorted) <= 0) return low;
    if (deviation(high, z, canary, sorted) >= 0) return high;
    let [a, b] = [low, high];
    for (let i = 0; i < 40; i++) {
      const middle = (a + b) / 2;
      if (deviation(middle, z, canary, sorted) > 0) a = middle;
      else b = middle;
    }
    return (a + b) / 2;
  };
  return root(zQuantile) > 0.25 * Math.abs(root(0));
}

/** Normal deviate of the rank sum when the canary is moved down by `shift`, with continuity and ties corrected, less `z`. */
function deviation(shift, z, canary, stable) {
  const [n, m] = [canary.length, stable.length];
  const moved = Float64Array.from(canary, (v) => v - shift).sort();
  let wins = 0;
  let ties = 0;
  let [i, j] = [0, 0];
  while (i < n || j < m) {
    const value = j >= m || (i < n && moved[i] < stable[j]) ? moved[i] : stable[j];
    let [own, other] = [0, 0];
    while (i < n && moved[i] === value) {
      own++;
      i++;
    }
    const below = j;
    while (j < m && stable[j] === value) {
      other++;
      j++;
    }
    wins += own * (below + other / 2);
    const tied = own + other;
    ties += tied ** 3 - tied;
  }
  const d = wins - (n * m) / 2;
  const all = n + m;
  const sigma = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
  return (d - 0.5 * Math.sign(d)) / sigma - z;
}

/** Kayenta, asked every so many minutes. @param metrics How many metrics; one that is high fails the release. */
export function kayenta(every, metrics = 1) {
  const canary = Array.from({ length: metrics }, () => []);
  const stable = Array.from({ length: metrics }, () => []);
  let minutes = 0;
  return (one, other) => {
    minutes++;
    one.forEach((value, i) => {
      if (Number.isFinite(value)) canary[i].push(value);
    });
    other.forEach((value, i) => {
      if (Number.isFinite(value)) stable[i].push(value);
    });
    return minutes % every === 0 && canary.some((points, i) => kayentaHigh(points, stable[i]));
  };
}

/** Flagger: a check per minute on the canary alone; at five failed ones the next look rolls back. */
export function flagger() {
  let failed = 0;
  return (bad) => {
    if (failed >= 5) return true;
    if (bad) failed++;
    return false;
  };
}

/** Argo Rollouts: a measurement per minute on the canary alone; more than three failed ones fail the analysis. */
export function argo() {
  let failed = 0;
  return (bad) => {
    if (bad) failed++;
    return failed > 3;
  };
}

/** One-sided z-test on counts summed up, looked at all the time: what a dashboard invites to. */
export function peeking(confidence = 0.99) {
  const sum = { x1: 0, n1: 0, x0: 0, n0: 0 };
  return (x1, n1, x0, n0) => {
    sum.x1 += x1;
    sum.n1 += n1;
    sum.x0 += x0;
    sum.n0 += n0;
    if (sum.x1 + sum.x0 < 5 || sum.n1 === 0 || sum.n0 === 0) return false;
    const p = (sum.x1 + sum.x0) / (sum.n1 + sum.n0);
    const z = (sum.x1 / sum.n1 - sum.x0 / sum.n0) / Math.sqrt(p * (1 - p) * (1 / sum.n1 + 1 / sum.n0));
    return normalBelow(z) > confidence;
  };
}
