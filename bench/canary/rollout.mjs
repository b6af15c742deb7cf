import { binCount, binOf, createAnalysis } from "@atoms/playbook/statistics";
import { partly, slowerBy, usual } from "./latencies.mjs";
import { argo, flagger, kayenta } from "./peers.mjs";
import { poisson } from "./random.mjs";
import { clopperPearson, describe, table } from "./summary.mjs";
import { bursts, ramp, rate } from "./tests.mjs";

export const title =
  "Whole releases: four guardrails, 10, 25, 50, 75% for five minutes each, shared bursts, load that swings; seconds until the alarm";

const total = 1_200;
/** Seconds of stable alone before the canary: what a controller has seen by then. */
const before = 60;

const settings = (profile) => ({
  guardrails: [
    { kind: "errors", id: "errors" },
    { kind: "slow", id: "slow", over: 500 },
    { kind: "relative_errors", id: "errors-against-stable", ratio: 1, plus: 0 },
    { kind: "relative_latency", id: "latency-against-stable", tolerance: 0 },
  ],
  profile,
  warm_up_seconds: 0,
  step_seconds: 0,
  merge_requests: 0,
});

function arm(random, normal, source, mean, errorRate, slowBy) {
  const errors = poisson(random, mean * errorRate);
  const good = poisson(random, mean * (1 - errorRate));
  const bins = new Map();
  let slow = 0;
  for (let i = 0; i < good; i++) {
    const ms = slowBy * source.draw(random, normal);
    const bin = binOf(ms);
    if (ms > 500) slow++;
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return { requests: errors + good, errors, slow: { 500: slow }, latency: [...bins] };
}

/** One release. @returns Seconds from the fault to each rule's alarm; null where it missed the end. */
function run({ p0, p1, canary = usual, fault = 0, split, rules, peers }) {
  return (random, normal, index) => {
    const analyses = Object.fromEntries(rules.map((rule) => [rule, createAnalysis(settings(rule))]));
    const others =
      peers && index % 4 === 0 ? { kayenta1: kayenta(1, 5), flagger: flagger(), argo: argo() } : {};
    const open = new Set([...rules, ...Object.keys(others)]);
    const at = Object.fromEntries([...open].map((rule) => [rule, null]));
    const burst = bursts(random, total + before);
    const memory = { canary: bin(), stable: bin() };
    for (let s = -before; s < total && open.size > 0; s++) {
      const w = s < 0 ? 0 : split === undefined ? ramp(s, total) : split;
      const load = rate * (1 + 0.3 * Math.sin((2 * Math.PI * Math.floor(s / 20)) / 15));
      const bad = burst(s + before);
      const [e, slow] = bad ? [3, 1.5] : [1, 1];
      const faulty = s >= fault;
      const one = arm(random, normal, faulty ? canary : usual, load * w, e * (faulty ? p1 : p0), slow);
      const other = arm(random, normal, usual, load * (1 - w), e * p0, slow);
      const bucket = { start: s * 1_000, seconds: 1, split: w, canary: one, stable: other };
      for (const rule of rules)
        if (open.has(rule) && analyses[rule].observe(bucket).kind === "fail") close(rule, s + 1);
      if (s < 0 || Object.keys(others).length === 0) continue;
      gather(memory.canary, one);
      gather(memory.stable, other);
      if ((s + 1) % 60 !== 0) continue;
      const [a, b] = [points(memory.canary), points(memory.stable)];
      memory.canary = bin();
      memory.stable = bin();
      if (open.has("kayenta1") && others.kayenta1(a, b)) close("kayenta1", s + 1);
      for (const rule of ["flagger", "argo"])
        if (open.has(rule) && others[rule](a[0] > 0.01 || a[3] > 500)) close(rule, s + 1);
    }
    return at;
    function close(rule, s) {
      at[rule] = s - fault;
      open.delete(rule);
    }
  };
}

const bin = () => ({ requests: 0, errors: 0, counts: new Float64Array(binCount) });
function gather(memory, arm) {
  memory.requests += arm.requests;
  memory.errors += arm.errors;
  for (const [j, count] of arm.latency) memory.counts[j] += count;
}
/** Error rate, p50, p95, p99 and mean of a minute; latencies at the middle of their bin. */
function points({ requests, errors, counts }) {
  const middle = (j) => (j === 0 ? 0.5 : 1.05 ** (j - 0.5));
  const all = counts.reduce((a, b) => a + b, 0);
  const at = (q) => {
    let sum = 0;
    for (let j = 0; j < counts.length; j++) {
      sum += counts[j];
      if (sum >= q * all) return middle(j);
    }
    return Number.NaN;
  };
  const mean = counts.reduce((sum, count, j) => sum + count * middle(j), 0) / all;
  return [errors / requests, at(0.5), at(0.95), at(0.99), mean];
}

const both = ["strict", "robust"];
const faults = [
  { name: "errors 0.1 to 0.5%", p0: 0.001, p1: 0.005, targets: [261, 267] },
  { name: "errors 0.5 to 1%", p0: 0.005, p1: 0.01, targets: [392, 396] },
  { name: "errors 0.5 to 2%", p0: 0.005, p1: 0.02, targets: [100, 109] },
  { name: "errors 0.5 to 5%", p0: 0.005, p1: 0.05, targets: [21, 31] },
  { name: "latency x1.25", p0: 0.005, p1: 0.005, canary: slowerBy(1.25), targets: [14, 26] },
  { name: "latency x1.5", p0: 0.005, p1: 0.005, canary: slowerBy(1.5), targets: [5, 22] },
  { name: "5% at 10x", p0: 0.005, p1: 0.005, canary: partly(0.05, 10), targets: [18, 30] },
  { name: "late: errors 0.5 to 2%", p0: 0.005, p1: 0.02, fault: 600, split: 0.5, targets: [55, 66] },
  { name: "late: errors 0.5 to 5%", p0: 0.005, p1: 0.05, fault: 600, split: 0.5, targets: [9, 33] },
  { name: "late: errors 0.1 to 0.5%", p0: 0.001, p1: 0.005, fault: 600, split: 0.5, targets: [168, 169] },
  {
    name: "late: latency x1.25",
    p0: 0.005,
    p1: 0.005,
    canary: slowerBy(1.25),
    fault: 600,
    split: 0.5,
    targets: [8, 41],
  },
];

export function cells({ full }) {
  const healthy = both.map((rule) => ({
    name: `healthy, ${rule}`,
    healthy: rule,
    run: run({ p0: 0.005, p1: 0.005, rules: [rule], peers: false }),
    runs: full ? 10_000 : 80,
  }));
  const faulty = faults.map((fault) => ({
    ...fault,
    run: run({ ...fault, rules: both, peers: true }),
    runs: full ? 1_000 : fault.fault ? 24 : 48,
  }));
  return [...healthy, ...faulty];
}

export function print(results, { full }) {
  let reached = true;
  for (const { cell, values } of results.filter((r) => r.cell.healthy)) {
    const alarms = values.filter((v) => v[cell.healthy] !== null).length;
    const { low, high } = clopperPearson(alarms, values.length);
    const kept = full ? high <= 0.01 : low <= 0.01;
    if (!kept) reached = false;
    console.log(
      `${cell.name}: ${alarms} false alarms in ${values.length} releases (95% interval ${(low * 100).toFixed(2)} .. ${(high * 100).toFixed(2)}%)${kept ? "" : " BROKEN"}`,
    );
  }
  const rows = results
    .filter((r) => !r.cell.healthy)
    .map(({ cell, values }) => {
      const own = both.flatMap((rule, i) => {
        const { mean, error } = describe(values.map((v) => v[rule] ?? total));
        const target = cell.targets[i];
        const ok = mean <= target * 1.05 + 2 * error + 1;
        if (!ok) reached = false;
        return [`${mean.toFixed(0)} ± ${(2 * error).toFixed(0)}`, `${target}${ok ? "" : " MISSED"}`];
      });
      const shown = (rule) => {
        const asked = values.filter((v) => rule in v);
        const found = asked.map((v) => v[rule]).filter((v) => v !== null && v > 0);
        if (found.length === 0) return "never";
        const mean = describe(found).mean.toFixed(0);
        return found.length === asked.length
          ? mean
          : `${mean} (${Math.round((100 * found.length) / asked.length)}%)`;
      };
      return [cell.name, ...own, shown("kayenta1"), shown("flagger"), shown("argo")];
    });
  console.log(
    table(["fault", "strict", "target", "robust", "target", "Kayenta 1m", "Flagger", "Argo"], rows),
  );
  return reached;
}
