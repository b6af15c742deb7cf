import { binCount, binOf, createAnalysis } from "@atoms/playbook/statistics";
import { usual } from "./latencies.mjs";
import { normalOf, poisson, randomOf } from "./random.mjs";
import { absolute, distribution, rate, relative } from "./tests.mjs";

/** Microseconds per bucket of one second, the mean of many after the code is warm. */
export function speed() {
  const random = randomOf(7, 7, 7);
  const normal = normalOf(random);
  const histograms = Array.from({ length: 200 }, () => {
    const counts = new Array(binCount).fill(0);
    for (let i = poisson(random, rate / 2); i > 0; i--) counts[binOf(usual.draw(random, normal))]++;
    return counts;
  });
  const [a, c, d] = [absolute(0.01), relative(), distribution(usual.bins)];
  const whole = createAnalysis({
    guardrails: [
      { kind: "errors", id: "errors" },
      { kind: "slow", id: "slow", over: 500 },
      { kind: "relative_errors", id: "relative" },
      { kind: "relative_latency", id: "latency" },
    ],
    merge_requests: 0,
    warm_up_seconds: 0,
  });
  const arm = (i) => ({
    requests: 50,
    errors: i % 100 === 0 ? 1 : 0,
    slow: { 500: 0 },
    latency: histograms[i % 200].flatMap((count, j) => (count > 0 ? [[j, count]] : [])),
  });
  const arms = Array.from({ length: 200 }, (_, i) => arm(i));
  const lines = [
    ["errors under a limit", 200_000, (i) => a.bet(i, i + 1, i % 100 === 0 ? 1 : 0, 50)],
    [
      "errors against stable",
      200_000,
      (i) => c.bet(i, i + 1, i % 100 === 0 ? 1 : 0, 50, i % 90 === 0 ? 1 : 0, 50),
    ],
    [
      "latency against stable",
      20_000,
      (i) => d.bet(i, i + 1, histograms[i % 200], histograms[(i + 71) % 200]),
    ],
    [
      "analysis of four guardrails",
      10_000,
      (i) =>
        whole.observe({
          start: i * 1_000,
          seconds: 1,
          split: 0.5,
          canary: arms[i % 200],
          stable: arms[(i + 71) % 200],
        }),
    ],
  ].map(([name, times, work]) => {
    const half = times / 2;
    for (let i = 0; i < half; i++) work(i);
    const from = performance.now();
    for (let i = half; i < times; i++) work(i);
    return `${name.padEnd(28)} ${((1_000 * (performance.now() - from)) / half).toFixed(2).padStart(8)} µs per bucket`;
  });
  return lines.join("\n");
}
