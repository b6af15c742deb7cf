import { binCount, binOf, distributionInformation, fewestRequests } from "@atoms/playbook/statistics";
import { partly, slowerBy, slowMode, usual } from "./latencies.mjs";
import { argo, flagger, kayenta } from "./peers.mjs";
import { poisson } from "./random.mjs";
import { describe, table } from "./summary.mjs";
import { alarmAt, distribution, rate } from "./tests.mjs";

export const title =
  "Latency: requests of both arms until the alarm (stable: lognormal, median 100 ms; peers for at most 15 min)";

const faults = [
  { name: "x1.10", canary: slowerBy(1.1), targets: [4206, 1612] },
  { name: "x1.25", canary: slowerBy(1.25), targets: [867, 368] },
  { name: "x1.50", canary: slowerBy(1.5), targets: [311, 148] },
  { name: "x2.00", canary: slowerBy(2), targets: [146, 101] },
  { name: "5% at 10x", canary: partly(0.05, 10), targets: [1084, 572] },
  { name: "5% at 3x", canary: partly(0.05, 3), targets: [4697, 2117] },
  { name: "slow mode 5 to 10%", canary: slowMode(0.1), stable: slowMode(0.05), targets: [5263, 2081] },
];
const rules = ["strict", "tolerant", "kayenta1", "kayenta5", "flagger", "argo"];
const peerSeconds = 900;

/** p50, p95, p99 and mean of a minute. */
function points(list) {
  if (list.length === 0) return [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const sorted = Float64Array.from(list).sort();
  const at = (q) => sorted[Math.ceil(q * sorted.length) - 1];
  return [at(0.5), at(0.95), at(0.99), sorted.reduce((a, b) => a + b, 0) / sorted.length];
}

function run({ canary, stable, w, tolerable }) {
  return (random, normal, index) => {
    const tests = { strict: distribution(stable.bins), tolerant: distribution(stable.bins, { down: 2 }) };
    const peers = { kayenta1: kayenta(1, 4), kayenta5: kayenta(5, 4), flagger: flagger(), argo: argo() };
    const at = Object.fromEntries(rules.map((rule) => [rule, null]));
    // The peers sort whole minutes; a part of the runs tells enough about them.
    const open = new Set(index % 5 === 0 ? rules : ["strict", "tolerant"]);
    if (!tolerable) open.delete("tolerant");
    let requests = 0;
    let minute = [[], []];
    for (let s = 0; s < 3_600 && open.size > 0; s++) {
      const drawn = [draw(canary, rate * w), draw(stable, rate * (1 - w))];
      requests += drawn[0].length + drawn[1].length;
      if (open.has("strict") || open.has("tolerant")) {
        const [c1, c0] = drawn.map(histogram);
        for (const rule of ["strict", "tolerant"])
          if (open.has(rule) && tests[rule].bet(s, s + 1, c1, c0) >= alarmAt) {
            at[rule] = requests;
            open.delete(rule);
          }
      }
      if (s >= peerSeconds) for (const rule of Object.keys(peers)) open.delete(rule);
      if (!Object.keys(peers).some((rule) => open.has(rule))) continue;
      minute = minute.map((list, i) => list.concat(drawn[i]));
      if ((s + 1) % 60 !== 0) continue;
      const [one, other] = minute.map(points);
      minute = [[], []];
      for (const [rule, ask] of Object.entries(peers)) {
        if (!open.has(rule)) continue;
        if (rule.startsWith("kayenta") ? ask(one, other) : ask(one[2] > 500)) {
          at[rule] = requests;
          open.delete(rule);
        }
      }
    }
    return { ...at, peers: index % 5 === 0 };
    function draw(source, mean) {
      return Array.from({ length: poisson(random, mean) }, () => source.draw(random, normal));
    }
  };
}

function histogram(list) {
  const counts = new Array(binCount).fill(0);
  for (const ms of list) counts[binOf(ms)]++;
  return counts;
}

export const cells = ({ full }) =>
  faults.flatMap((fault) =>
    [0.1, 0.5].map((w, i) => {
      const stable = fault.stable ?? usual;
      return {
        name: `${fault.name}, ${w * 100}%`,
        target: fault.targets[i],
        bound: fewestRequests(0.01, distributionInformation(fault.canary.bins, stable.bins, w)),
        tolerable: fault.name !== "x1.10",
        run: run({ canary: fault.canary, stable, w, tolerable: fault.name !== "x1.10" }),
        runs: full ? 5_000 : 200,
      };
    }),
  );

export function print(results) {
  let reached = true;
  const rows = results.map(({ cell, values }) => {
    const own = describe(values.map((v) => v.strict ?? 360_000));
    const ok = own.mean <= cell.target * 1.05 + 2 * own.error;
    if (!ok) reached = false;
    const shown = (rule, from) => {
      const found = from.map((v) => v[rule]).filter((v) => v !== null);
      if (found.length === 0) return "never";
      const mean = Math.round(describe(found).mean);
      return found.length === from.length
        ? String(mean)
        : `${mean} (${Math.round((100 * found.length) / from.length)}%)`;
    };
    const asked = values.filter((v) => v.peers);
    return [
      cell.name,
      Math.round(cell.bound),
      `${Math.round(own.mean)} (${own.median}, ${own.p95})`,
      (own.mean / cell.bound).toFixed(2),
      `${((own.mean / cell.target - 1) * 100).toFixed(1)}%${ok ? "" : " MISSED"}`,
      cell.tolerable ? shown("tolerant", values) : "inside",
      ...["kayenta1", "kayenta5", "flagger", "argo"].map((rule) => shown(rule, asked)),
    ];
  });
  console.log(
    table(
      [
        "canary, split",
        "bound",
        "strict (median, p95)",
        "x bound",
        "to target",
        "tolerant",
        "Kayenta 1m",
        "Kayenta 5m",
        "Flagger",
        "Argo",
      ],
      rows,
    ),
  );
  return reached;
}
