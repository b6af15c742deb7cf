// Distributions of latency, as a function that draws and as probabilities per bin of the product's histogram.
import { binCount, lowerEdges } from "@atoms/playbook/statistics";

/** Φ by its continued fraction and series; 1e-13 is enough to make probabilities of. */
export function normalBelow(z) {
  const x = Math.abs(z);
  if (x > 37) return z > 0 ? 1 : 0;
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 3.5) {
    let term = x;
    let sum = x;
    for (let k = 1; k < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    return z > 0 ? 0.5 + density * sum : 0.5 - density * sum;
  }
  let fraction = 0;
  for (let k = 160; k >= 1; k--) fraction = k / (x + fraction);
  const above = density / (x + fraction);
  return z > 0 ? 1 - above : above;
}

/** Parts of lognormals: `[{ share, median, sigma }]`. */
export function mixture(parts) {
  const below = (ms) =>
    ms <= 0 ? 0 : parts.reduce((sum, p) => sum + p.share * normalBelow(Math.log(ms / p.median) / p.sigma), 0);
  const edges = [...lowerEdges, Number.POSITIVE_INFINITY].map((ms) =>
    ms === Number.POSITIVE_INFINITY ? 1 : below(ms),
  );
  const bins = Array.from({ length: binCount }, (_, j) => edges[j + 1] - edges[j]);
  return {
    bins,
    above: (ms) => 1 - below(ms),
    draw(random, normal) {
      let u = random();
      for (const p of parts) {
        u -= p.share;
        if (u < 0) return p.median * Math.exp(p.sigma * normal());
      }
      const last = parts.at(-1);
      return last.median * Math.exp(last.sigma * normal());
    },
  };
}

const sigma = 0.5;
const base = { share: 1, median: 100, sigma };
/** Stable: lognormal around 100 ms. */
export const usual = mixture([base]);
/** All requests slower by a factor. */
export const slowerBy = (factor) => mixture([{ ...base, median: 100 * factor }]);
/** A share of the requests slower by a factor. */
export const partly = (share, factor) =>
  mixture([
    { ...base, share: 1 - share },
    { ...base, share, median: 100 * factor },
  ]);
/** A slow mode at ten times the median, for a share of the requests. */
export const slowMode = (share) => partly(share, 10);
