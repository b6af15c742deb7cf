// One evaluation of 10,000 alert rules, quiet, while a tenth fires, and under 10,000 silences. Reading samples and writing
// what changed is the store's part: bench/store.mjs.
import { AlertingSettings, AlertRules, evaluateRound, instancesOf, rulesOf } from "@atoms/playbook";

const ruleCount = 10_000;
const silenceCount = 10_000;
const minute = 60_000;
const start = 30_000_000 * minute;
/** Two hours of a look every 30 s. */
const looks = 240;

const kinds = [
  { series: "error_rate", condition: (m) => `error_rate{monitor="${m}"} > 1%`, good: 0.001, bad: 0.2 },
  {
    series: "p95_latency",
    condition: (m) => `avg(p95_latency{monitor="${m}"}, 5m) > 1s`,
    good: 80,
    bad: 9_000,
  },
  {
    series: "latency_ms",
    condition: (m) => `p95(latency_ms{monitor="${m}"}, 10m) > 1s`,
    good: 80,
    bad: 9_000,
  },
  {
    series: "success_rate",
    condition: (m) =>
      `burn_rate(success_rate{monitor="${m}"}, slo 99.9%, 1h) > 14.4 and burn_rate(success_rate{monitor="${m}"}, slo 99.9%, 5m) > 14.4`,
    good: 0.9999,
    bad: 0.5,
  },
];
const monitors = Array.from({ length: 100 }, (_, i) => `m${i}`);
const providers = monitors.map((monitor) => ({
  monitor,
  series: kinds.map(({ series }) => series),
  labels: {},
  everyMs: 30_000,
}));

const rules = rulesOf(
  AlertRules.parse(
    Array.from({ length: ruleCount }, (_, i) => ({
      name: `rule_${i}`,
      condition: kinds[i % kinds.length].condition(monitors[Math.floor(i / kinds.length) % monitors.length]),
      duration: "2m",
      severity: "high",
      actions: ["slack_notification"],
    })),
  ),
).map((rule) => ({ rule, instances: instancesOf(rule, providers).instances }));

/** @param isBad Says of a monitor whether all it gives is bad. */
function samplesOf(isBad) {
  const all = new Map();
  for (const [index, monitor] of monitors.entries())
    for (const { series, good, bad } of kinds)
      all.set(`${series} ${monitor}`, {
        at: Array.from({ length: looks }, (_, i) => start - (looks - 1 - i) * 30_000),
        values: new Array(looks).fill(isBad(index) ? bad : good),
      });
  return all;
}

/** A name, a beginning, several names, and an end, which has to be looked for in every alert. */
const silenceKinds = [
  (i) => ({ label: "rule", operator: "=", value: `other_${i}` }),
  (i) => ({ label: "rule", operator: "=~", value: `other_${i}*` }),
  (i) => ({ label: "rule", operator: "=~", value: `other_${i}|others_${i}*` }),
  (i) => ({ label: "monitor", operator: "=~", value: `*_other_${i}` }),
];

const silences = Array.from({ length: silenceCount }, (_, i) => ({
  id: `sil_${i}`,
  service: "shop",
  environment: "production",
  matchers: [silenceKinds[i % silenceKinds.length](i)],
  comment: "bench",
  source: { kind: "person", id: "bench" },
  startsAt: start - minute,
  endsAt: start + 600 * minute,
}));

const settings = AlertingSettings.parse({});
const roundWith = (samples, alerts, some, now) => ({
  service: "shop",
  environment: "production",
  now,
  rules,
  alerts,
  silences: some,
  samples: (series, monitor) => samples.get(`${series} ${monitor}`),
  channelsOf: () => ["#alerts"],
  settings,
});

/** Milliseconds of one evaluation, and the alerts that are open after it. */
function evaluate(samples, alerts, some, now) {
  const began = performance.now();
  const change = evaluateRound(roundWith(samples, alerts, some, now));
  const ms = performance.now() - began;
  const after = new Map(alerts.map((alert) => [alert.id, alert]));
  for (const alert of change.alerts) after.set(alert.id, alert);
  return { ms, alerts: [...after.values()] };
}

/** Evaluations at the moment that a tenth begins to fire, and of each after it. */
function burning(some) {
  const samples = samplesOf((index) => index % 10 === 0);
  const pending = evaluate(samples, [], some, start).alerts;
  const fires = evaluate(samples, pending, some, start + 2 * minute);
  const firing = fires.alerts.filter(({ state }) => state === "firing").length;
  if (firing !== ruleCount / 10) throw new Error(`${firing} rules fire, not ${ruleCount / 10}`);
  return { fires: fires.ms, goesOn: evaluate(samples, fires.alerts, some, start + 2 * minute + 5_000).ms };
}

export default function alerts({ runs = 7 }) {
  const quiet = samplesOf(() => false);
  const many = (measure) => {
    measure();
    return Array.from({ length: runs }, measure);
  };
  const free = many(() => burning([]));
  const silenced = many(() => burning(silences));
  return [
    {
      what: `${ruleCount} rules, quiet`,
      values: many(() => evaluate(quiet, [], [], start).ms),
      bound: 1_000,
      unit: "ms",
    },
    { what: "… a tenth begins to fire", values: free.map((one) => one.fires), bound: 1_000, unit: "ms" },
    { what: "… a tenth goes on firing", values: free.map((one) => one.goesOn), bound: 1_000, unit: "ms" },
    {
      what: `… and ${silenceCount} silences are in force`,
      values: silenced.map((one) => one.goesOn),
      bound: 1_000,
      unit: "ms",
    },
    {
      what: "… begins to fire under them",
      values: silenced.map((one) => one.fires),
      bound: 1_000,
      unit: "ms",
    },
  ];
}
