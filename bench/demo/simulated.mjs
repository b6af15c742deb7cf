// The same releases as streams of numbers: what the canary is judged by is the product's own, at the demo's settings; what
// is simulated are the answers, and the time it takes to bring traffic back is not in it.
import { binOf, createAnalysis } from "@atoms/playbook/statistics";
import { normalOf, poisson, randomOf, seedOf } from "../canary/random.mjs";

/**
 * One release.
 * @param {object} canary The canary's settings, as the playbook's schema gives them.
 * @param {object} analysis How it is judged.
 * @returns {{ backAfter: number | null, requests: number }} Seconds from the request `from` to the verdict, null for none.
 */
export function simulate({ bad, base = 0, rate, from = 1 }, canary, analysis, run, name) {
  const random = randomOf(seedOf("demo"), seedOf(name), run);
  const normal = normalOf(random);
  const judge = createAnalysis(analysis);
  const interval = Math.max(1, Math.round(canary.interval / 1_000));
  const perSecond = rate ?? canary.probe.rate;
  let requests = 0;
  let begun;
  let clock = 0;
  for (const percent of canary.steps.slice(0, -1)) {
    const split = percent / 100;
    judge.beginStep(split);
    const until = clock + canary.bake / 1_000;
    while (clock < until) {
      for (let i = 0; i < interval; i++, clock++) {
        const own = arm(random, normal, perSecond, bad);
        const bucket = {
          start: clock * 1_000,
          seconds: 1,
          split,
          canary: own,
          stable: arm(random, normal, perSecond, base),
        };
        judge.observe(bucket);
        requests += own.requests;
        // The second in which that request was answered, from its beginning on: at its worst for us.
        if (begun === undefined && requests >= from) begun = clock;
      }
      // It is looked at as often as the flow does, and not at every bucket.
      if (judge.verdict.kind === "fail") return { backAfter: clock - (begun ?? 0), requests };
      if (judge.verdict.kind === "pass") break;
    }
  }
  return { backAfter: null, requests };
}

/** A second of one version: how many requests, how many of them failed, and how long the others took. */
function arm(random, normal, rate, failing) {
  const requests = poisson(random, rate);
  let errors = 0;
  const bins = new Map();
  for (let i = 0; i < requests; i++) {
    if (random() < failing) {
      errors++;
      continue;
    }
    const bin = binOf(20 * Math.exp(0.4 * normal()));
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return { requests, errors, slow: { 500: 0 }, latency: [...bins] };
}
