import { binCount, binOf, calibrateDispersion, robust, strict } from "@atoms/playbook/statistics";
import { usual } from "./latencies.mjs";
import { poisson } from "./random.mjs";
import { table } from "./summary.mjs";
import { alarmAt, distribution, rate, relative } from "./tests.mjs";

export const title =
  "Failures that are not independent: false alarms in half an hour (latency: ten minutes), both arms alike";

const seconds = 1_800;
const base = 0.005;

/** A gamma variable with mean 1 (Marsaglia and Tsang), for rates that wobble. */
function gamma(random, normal, cv) {
  const shape = 1 / cv ** 2;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
  }
}

/** One stream of an arm that gets the share `share` of traffic. */
const streams = {
  independent: () => (random, mean) => draw(random, mean, base),
  "every failure retried three times": () => (random, mean) => {
    const failures = poisson(random, (mean * base) / 3);
    return { x: 3 * failures, n: 3 * failures + poisson(random, mean * (1 - base)) };
  },
  "rate wobbles by half": wobble(0.5),
  "rate wobbles by its own size": wobble(1),
  "bursts of 20% on one pod of ten, 3 s": () => {
    const until = new Array(10).fill(-1);
    return (random, mean, _normal, s, pods) => {
      let [x, n] = [0, 0];
      for (const pod of pods) {
        if (random() < 1 / 300) until[pod] = s + 3;
        const part = draw(random, mean / pods.length, s < until[pod] ? 0.2 : base);
        x += part.x;
        n += part.n;
      }
      return { x, n };
    };
  },
};
function wobble(cv) {
  return () => {
    let rateNow = base;
    return (random, mean, normal, s) => {
      if (s % 10 === 0) rateNow = Math.min(0.5, base * gamma(random, normal, cv));
      return draw(random, mean, Math.round(rateNow * 1e5) / 1e5);
    };
  };
}
function draw(random, mean, p) {
  const x = poisson(random, mean * p);
  return { x, n: x + poisson(random, mean * (1 - p)) };
}

/** What one of ten instances shows beside the others in half an hour before the release, in blocks of 10 s and 60 s. */
function calibrate(open, random, normal) {
  const [one, others] = [open(), open()];
  const blocks = { 10: [], 60: [] };
  for (let s = 0; s < seconds; s++) {
    const a = one(random, rate * 0.1, normal, s, [0]);
    const b = others(random, rate * 0.9, normal, s, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const length of [10, 60]) {
      if (s % length === 0) blocks[length].push({ x1: 0, n1: 0, x0: 0, n0: 0 });
      const block = blocks[length].at(-1);
      block.x1 += a.x;
      block.n1 += a.n;
      block.x0 += b.x;
      block.n0 += b.n;
    }
  }
  return Math.max(calibrateDispersion(blocks[10]), calibrateDispersion(blocks[60]));
}

function run(open) {
  return (random, normal) => {
    const dispersion = calibrate(open, random, normal);
    const tests = [relative(1, 0, strict), relative(1, 0, robust), relative(1, 0, robust, dispersion)];
    const alarms = [0, 0, 0];
    const [canary, stable] = [open(), open()];
    for (let s = 0; s < seconds; s++) {
      const a = canary(random, rate * 0.1, normal, s, [0]);
      const b = stable(random, rate * 0.9, normal, s, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
      tests.forEach((test, i) => {
        if (alarms[i] === 0 && test.bet(s, s + 1, a.x, a.n, b.x, b.n) >= alarmAt) alarms[i] = 1;
      });
    }
    return { alarms, dispersion };
  };
}

/** Latencies of ten pods, of which each stands still for so many seconds now and then; who comes meanwhile waits. */
function stalls(length) {
  const until = new Array(10).fill(-1);
  return (random, normal, s, pods) => {
    const counts = new Array(binCount).fill(0);
    for (const pod of pods) {
      if (s >= until[pod] && random() < 1 / 300) until[pod] = s + length;
      for (let i = poisson(random, rate / 10); i > 0; i--) {
        const wait = s < until[pod] ? 1_000 * (until[pod] - s - random()) : 0;
        counts[binOf(wait + usual.draw(random, normal))]++;
      }
    }
    return counts;
  };
}

const others = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Ten minutes of healthy latencies, after half an hour in which the dispersion of "slower than the median" is measured. */
function runStalls(length) {
  return (random, normal) => {
    const before = stalls(length);
    const blocks = { 10: [], 60: [] };
    const median = binOf(100);
    const over = (counts) => counts.reduce((sum, count, j) => (j >= median ? sum + count : sum), 0);
    const all = (counts) => counts.reduce((a, b) => a + b, 0);
    for (let s = 0; s < seconds; s++) {
      const [one, rest] = [before(random, normal, s, [0]), before(random, normal, s, others)];
      for (const size of [10, 60]) {
        if (s % size === 0) blocks[size].push({ x1: 0, n1: 0, x0: 0, n0: 0 });
        const block = blocks[size].at(-1);
        block.x1 += over(one);
        block.n1 += all(one);
        block.x0 += over(rest);
        block.n0 += all(rest);
      }
    }
    const dispersion = Math.max(calibrateDispersion(blocks[10], true), calibrateDispersion(blocks[60], true));
    const profiles = [{ profile: strict }, { profile: robust }, { profile: robust, dispersion }];
    const tests = profiles.map((options) => distribution(usual.bins, options));
    const alarms = [0, 0, 0];
    const during = stalls(length);
    for (let s = 0; s < 600; s++) {
      const [one, rest] = [during(random, normal, s, [0]), during(random, normal, s, others)];
      tests.forEach((test, i) => {
        if (alarms[i] === 0 && test.bet(s, s + 1, one, rest) >= alarmAt) alarms[i] = 1;
      });
    }
    return { alarms, dispersion };
  };
}

export const cells = ({ full }) => [
  ...Object.entries(streams).map(([name, open]) => ({ name, run: run(open), runs: full ? 500 : 120 })),
  { name: "latency: stalls of 2 s on one pod of ten", run: runStalls(2), runs: full ? 300 : 40 },
  { name: "latency: stalls of 5 s on one pod of ten", run: runStalls(5), runs: full ? 300 : 40 },
];

export function print(results) {
  let reached = true;
  const rows = results.map(({ cell, values }) => {
    const share = (i) => values.reduce((sum, v) => sum + v.alarms[i], 0) / values.length;
    // Two standard errors of a share of 2 %.
    const ok = share(2) <= 0.02 + 2 * Math.sqrt((0.02 * 0.98) / values.length);
    if (!ok) reached = false;
    const mean = values.reduce((sum, v) => sum + v.dispersion, 0) / values.length;
    return [
      cell.name,
      ...[0, 1, 2].map((i) => share(i).toFixed(3)),
      ok ? "≤ 0.02" : "MISSED",
      mean.toFixed(1),
    ];
  });
  console.log(
    table(["healthy stream", "strict", "capped", "capped, calibrated", "target", "mean dispersion"], rows),
  );
  return reached;
}
