import {
  binCount,
  binOf,
  createAnalysis,
  createWatch,
  downwards,
  openBank,
  plain,
  rateInterval,
  relativeTilt,
  tilt,
} from "@atoms/playbook/statistics";
import { slowerBy, usual } from "./latencies.mjs";
import { poisson } from "./random.mjs";
import { clopperPearson, describe, table } from "./summary.mjs";
import { rate } from "./tests.mjs";

export const title = "Proofs of health, intervals, and the watch after the release";

const even = downwards.map(() => 1 / downwards.length);
const passAt = Math.log(20);

/** Requests of the canary until a proof against an absolute limit; null after `most`. */
function absolute(limit, truth, most) {
  return (random) => {
    const bank = openBank(even, plain);
    for (let n = 0, s = 0; n < most; s++) {
      const x = poisson(random, 10 * truth);
      const all = x + poisson(random, 10 * (1 - truth));
      bank.bet(
        s,
        s + 1,
        downwards.map((odds) => tilt(x, all, limit, odds)),
      );
      n += all;
      if (bank.logE >= passAt) return n;
    }
    return null;
  };
}

/** The same against 1.5 times stable plus half a percent. */
function relative(p0, p1, w, most) {
  return (random) => {
    const bank = openBank(even, plain);
    for (let n = 0, s = 0; n < most; s++) {
      const x1 = poisson(random, rate * w * p1);
      const n1 = x1 + poisson(random, rate * w * (1 - p1));
      const x0 = poisson(random, rate * (1 - w) * p0);
      const n0 = x0 + poisson(random, rate * (1 - w) * (1 - p0));
      bank.bet(
        s,
        s + 1,
        downwards.map((odds) => relativeTilt({ x1, n1, x0, n0 }, 1.5, 0.005, odds)),
      );
      n += n1;
      if (bank.logE >= passAt) return n;
    }
    return null;
  };
}

/** Requests of the canary until health is proved at p50 and p95, within 25%; null after `most`. */
function latency(factor, w, most) {
  return (random, normal) => {
    const analysis = createAnalysis({
      guardrails: [{ kind: "relative_latency", id: "latency" }],
      warm_up_seconds: 0,
      step_seconds: 0,
      // Only the proof is looked at: harm shall not end the run.
      false_alarms: 1e-300,
    });
    const arm = (source, mean) => {
      const counts = new Array(binCount).fill(0);
      const requests = poisson(random, mean);
      for (let i = 0; i < requests; i++) counts[binOf(source.draw(random, normal))]++;
      return { requests, errors: 0, latency: counts.flatMap((count, j) => (count > 0 ? [[j, count]] : [])) };
    };
    const canary = slowerBy(factor);
    for (let n = 0, s = -30; n < most; s++) {
      const split = s < 0 ? 0 : w;
      const one = arm(canary, rate * split);
      n += one.requests;
      const bucket = {
        start: s * 1_000,
        seconds: 1,
        split,
        canary: one,
        stable: arm(usual, rate * (1 - split)),
      };
      if (analysis.observe(bucket).kind === "pass") return n;
    }
    return null;
  };
}

/** Whether the interval ever misses the mean of a rate that jumps about, in 600 looks. */
function interval(random) {
  let [x, n, mean] = [0, 0, 0];
  for (let s = 0; s < 600; s++) {
    const p = s % 60 < 6 ? 0.05 : 0.005;
    const all = poisson(random, rate);
    for (let i = 0; i < all; i++) if (random() < p) x++;
    mean = (mean * n + all * p) / Math.max(1, n + all);
    n += all;
    const { low, high } = rateInterval(x, n, 0.05);
    if (mean < low || mean > high) return 1;
  }
  return 0;
}

/** Seconds from the fault to the watch's alarm. */
function watched(perSecond, truth) {
  return (random) => {
    const watch = createWatch({ guardrails: [{ kind: "errors", id: "errors" }] });
    for (let s = 1 - 300; s < 7_200; s++) {
      const p = s > 0 ? truth : 0.005;
      const errors = poisson(random, perSecond * p);
      const requests = errors + poisson(random, perSecond * (1 - p));
      if (watch.observe({ seconds: 1, counts: { requests, errors } }).alarm) return s;
    }
    return null;
  };
}
/** Seconds until a false alarm at the limit, with alarms allowed every ten minutes so that they can be waited for. */
function runLength(random) {
  const watch = createWatch({
    guardrails: [{ kind: "errors", id: "errors" }],
    false_alarm_every_seconds: 600,
  });
  for (let s = 1; s <= 100_000; s++) {
    const errors = poisson(random, 1);
    const requests = errors + poisson(random, 99);
    if (watch.observe({ seconds: 1, counts: { requests, errors } }).alarm) return s;
  }
  return 100_000;
}

export function cells({ full }) {
  const many = full ? 2_000 : 600;
  const some = full ? 2_000 : 200;
  const passes = (name, run, target, runs = some) => ({ kind: "passes", name, run, target, runs });
  return [
    { kind: "false", name: "limit 1%, truth 1%", run: absolute(0.01, 0.01, 50_000), runs: many },
    {
      kind: "false",
      name: "1.5x + 0.5% of 1%, at the margin",
      run: relative(0.01, 0.02, 0.5, 50_000),
      runs: full ? many : 150,
    },
    passes("limit 1%, truth 0.1%", absolute(0.01, 0.001, 1e5), 517),
    passes("limit 1%, truth 0.3%", absolute(0.01, 0.003, 1e5), 981),
    passes("limit 1%, truth 0.5%", absolute(0.01, 0.005, 1e5), 2303),
    passes("slow at most 5%, truth 2%", absolute(0.05, 0.02, 1e5), 300),
    passes("slow at most 5%, truth 3%", absolute(0.05, 0.03, 1e5), 761),
    passes("both 0.1%, split 10%", relative(0.001, 0.001, 0.1, 1e5), 984),
    passes("both 0.5%, split 10%", relative(0.005, 0.005, 0.1, 1e5), 1293),
    passes("both 1%, split 10%", relative(0.01, 0.01, 0.1, 1e5), 1320),
    passes("both 0.5%, split 50%", relative(0.005, 0.005, 0.5, 1e5), 2074),
    {
      kind: "false",
      name: "latency within 25%, truth 27.6% (whole bins)",
      run: latency(1.05 ** 5, 0.5, 20_000),
      runs: full ? many : 60,
    },
    passes("latency within 25%, truth equal, split 10%", latency(1, 0.1, 1e5), 560, full ? many : 60),
    passes("latency within 25%, truth equal, split 50%", latency(1, 0.5, 1e5), 560, full ? many : 60),
    { kind: "interval", name: "95% interval ever misses, 600 looks", run: interval, runs: many },
    { kind: "delay", name: "0.5 to 2%, 100 per second", run: watched(100, 0.02), target: 45, runs: some },
    { kind: "delay", name: "0.5 to 5%, 100 per second", run: watched(100, 0.05), target: 5.2, runs: some },
    { kind: "delay", name: "0.5 to 2%, 10 per second", run: watched(10, 0.02), target: 376, runs: some },
    { kind: "delay", name: "0.5 to 5%, 10 per second", run: watched(10, 0.05), target: 42, runs: some },
    {
      kind: "length",
      name: "at the limit, alarms allowed every 600 s",
      run: runLength,
      target: 600,
      runs: full ? 1_000 : 100,
    },
  ];
}

export function print(results) {
  let reached = true;
  const check = (ok, text) => {
    if (!ok) reached = false;
    return ok ? text : `${text} MISSED`;
  };
  const rows = results.map(({ cell, values }) => {
    const found = values.filter((v) => v !== null);
    const { mean, error } = describe(found);
    switch (cell.kind) {
      case "false": {
        const { low, high } = clopperPearson(found.length, values.length);
        return [
          "false pass",
          cell.name,
          `${((100 * found.length) / values.length).toFixed(1)}% (${(low * 100).toFixed(1)} .. ${(high * 100).toFixed(1)}%)`,
          check(low <= 0.05, "≤ 5%"),
        ];
      }
      case "interval": {
        const misses = values.reduce((a, b) => a + b, 0);
        return [
          "interval",
          cell.name,
          `${((100 * misses) / values.length).toFixed(1)}%`,
          check(clopperPearson(misses, values.length).low <= 0.05, "≤ 5%"),
        ];
      }
      case "passes":
        return [
          "requests of the canary to pass",
          cell.name,
          `${mean.toFixed(0)} ± ${(2 * error).toFixed(0)}`,
          check(
            found.length === values.length && mean <= cell.target * 1.05 + 2 * error,
            String(cell.target),
          ),
        ];
      case "delay": {
        const late = found.filter((v) => v > 0);
        const own = describe(late);
        const bound = `${own.mean.toFixed(1)} ± ${(2 * own.error).toFixed(1)} s`;
        return [
          "watch: delay",
          cell.name,
          bound,
          check(own.mean <= cell.target * 1.05 + 2 * own.error + 0.5, `${cell.target} s`),
        ];
      }
      default:
        return [
          "watch: time to a false alarm",
          cell.name,
          `${mean.toFixed(0)} s`,
          check(mean >= cell.target, `≥ ${cell.target} s`),
        ];
    }
  });
  console.log(
    table(
      ["what", "found", "target"],
      rows.map(([a, b, c, d]) => [`${a}: ${b}`, c, d]),
    ),
  );
  return reached;
}
