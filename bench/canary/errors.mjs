import { fewestRequests, information, logSum, relativeInformation } from "@atoms/playbook/statistics";
import { argo, flagger, kayenta } from "./peers.mjs";
import { poisson } from "./random.mjs";
import { describe, table } from "./summary.mjs";
import { absolute, alarmAt, rate, relative } from "./tests.mjs";

export const title =
  "Errors: requests of both arms until the alarm (100 per second, 1-second buckets, at most one hour)";

/**
 * Means to reach: the strict test against stable, and either it or the limit of 1% beside it, each with the whole
 * budget. Under one budget for both, which is what the product does, it takes ln 2 more evidence.
 */
const grid = [
  { p0: 0.001, p1: 0.005, w: 0.1, target: 19261, either: null },
  { p0: 0.001, p1: 0.005, w: 0.5, target: 8249, either: null },
  { p0: 0.01, p1: 0.02, w: 0.1, target: 18581, either: 15619 },
  { p0: 0.01, p1: 0.02, w: 0.5, target: 7272, either: 3300 },
  { p0: 0.01, p1: 0.05, w: 0.1, target: 1988, either: 1616 },
  { p0: 0.01, p1: 0.05, w: 0.5, target: 894, either: 401 },
  { p0: 0, p1: 0.05, w: 0.1, target: 718, either: 717 },
  { p0: 0, p1: 0.05, w: 0.5, target: 427, either: 373 },
];
const rules = [
  "relative",
  "together",
  "either",
  "tolerant",
  "absolute",
  "kayenta1",
  "kayenta5",
  "flagger",
  "argo",
];

/** One faulty release. @returns Requests until each rule's alarm; null where it missed the hour. */
function run({ p0, p1, w }) {
  return (random) => {
    const tests = { relative: relative(), absolute: absolute(0.01), tolerant: relative(1.1, 0.0005) };
    const peers = { kayenta1: kayenta(1), kayenta5: kayenta(5), flagger: flagger(), argo: argo() };
    const at = Object.fromEntries(rules.map((rule) => [rule, null]));
    const open = new Set(rules);
    const alarm = (rule, requests) => {
      at[rule] = requests;
      open.delete(rule);
    };
    let [requests, canaryRequests] = [0, 0];
    let minute = [0, 0, 0, 0];
    for (let s = 0; s < 3_600 && open.size > 0; s++) {
      const x1 = poisson(random, rate * w * p1);
      const x0 = poisson(random, rate * (1 - w) * p0);
      const n1 = x1 + poisson(random, rate * w * (1 - p1));
      const n0 = x0 + poisson(random, rate * (1 - w) * (1 - p0));
      requests += n1 + n0;
      canaryRequests += n1;
      if (["relative", "together", "either"].some((rule) => open.has(rule))) {
        const c = tests.relative.bet(s, s + 1, x1, n1, x0, n0);
        const a = tests.absolute.bet(s, s + 1, x1, n1);
        if (open.has("relative") && c >= alarmAt) alarm("relative", requests);
        if (open.has("either") && Math.max(a, c) >= alarmAt) alarm("either", requests);
        if (open.has("together") && logSum([a, c]) - Math.LN2 >= alarmAt) alarm("together", requests);
      } else if (open.has("absolute")) tests.absolute.bet(s, s + 1, x1, n1);
      if (open.has("absolute") && tests.absolute.logE >= alarmAt) alarm("absolute", canaryRequests);
      if (open.has("tolerant") && tests.tolerant.bet(s, s + 1, x1, n1, x0, n0) >= alarmAt)
        alarm("tolerant", requests);
      minute = [minute[0] + x1, minute[1] + n1, minute[2] + x0, minute[3] + n0];
      if ((s + 1) % 60 !== 0) continue;
      const [one, other] = [minute[0] / minute[1], minute[2] / minute[3]];
      minute = [0, 0, 0, 0];
      for (const rule of ["kayenta1", "kayenta5"])
        if (open.has(rule) && peers[rule]([one], [other])) alarm(rule, requests);
      for (const rule of ["flagger", "argo"])
        if (open.has(rule) && peers[rule](one > 0.01)) alarm(rule, requests);
    }
    return at;
  };
}

export const cells = ({ full }) =>
  grid.map((g) => ({ ...g, name: nameOf(g), run: run(g), runs: full ? 10_000 : 400 }));
const nameOf = ({ p0, p1, w }) => `${p0 * 100}% to ${p1 * 100}%, ${w * 100}%`;

export function print(results) {
  const shown = (values, rule) => {
    const found = values.map((v) => v[rule]).filter((v) => v !== null);
    if (found.length === 0) return "never";
    const mean = Math.round(describe(found).mean);
    return found.length === values.length
      ? String(mean)
      : `${mean} (${Math.round((100 * found.length) / values.length)}%)`;
  };
  let reached = true;
  const held = (values, rule, target) => {
    if (target === null) return "";
    const { mean, error } = describe(values.map((v) => v[rule] ?? 360_000));
    const ok = mean <= target * 1.05 + 2 * error;
    if (!ok) reached = false;
    return `${((mean / target - 1) * 100).toFixed(1)}%${ok ? "" : " MISSED"}`;
  };
  const rows = results.map(({ cell, values }) => {
    const bound = fewestRequests(0.01, relativeInformation(cell.p1, cell.p0, cell.w));
    const own = describe(values.map((v) => v.relative ?? 360_000));
    return [
      cell.name,
      Math.round(bound),
      `${Math.round(own.mean)} (${own.median}, ${own.p95})`,
      (own.mean / bound).toFixed(2),
      held(values, "relative", cell.target),
      shown(values, "either"),
      held(values, "either", cell.either),
      shown(values, "together"),
      ...["tolerant", "kayenta1", "kayenta5", "flagger", "argo"].map((rule) => shown(values, rule)),
    ];
  });
  console.log(
    table(
      [
        "stable to canary, split",
        "bound",
        "against stable (median, p95)",
        "x bound",
        "to target",
        "either, 1% each",
        "to target",
        "both, one budget",
        "tolerant",
        "Kayenta 1m",
        "Kayenta 5m",
        "Flagger",
        "Argo",
      ],
      rows,
    ),
  );
  for (const p1 of [0.02, 0.05]) {
    const found = results.filter(({ cell }) => cell.p0 === 0.01 && cell.p1 === p1);
    const bound = Math.round(fewestRequests(0.01, information(p1, 0.01)));
    console.log(
      `Limit of 1% alone at ${p1 * 100}%, requests of the canary: bound ${bound}; ${found.map(({ cell, values }) => `${Math.round(describe(values.map((v) => v.absolute)).mean)} at a split of ${cell.w * 100}%`).join(", ")}.`,
    );
  }
  return reached;
}
