// The alarm has the meaning that Prometheus gives it: the same series and rules go through `promtool test rules`, and at
// every evaluation every alert must stand in the same state. promtool comes from Debian's package `prometheus`.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Episode,
  type Expression,
  holds,
  lookbackMs,
  type Metric,
  metrics,
  readCondition,
  type Samples,
  type Selection,
  series,
  step,
} from "@atoms/playbook";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const minute = 60_000;
/** Prometheus 2 counts the older edge of a window in, Prometheus 3 and Atoms do not; a millisecond makes them one. */
let edge = 0;
let folder: string;

beforeAll(() => {
  let version: string;
  try {
    version = execFileSync("promtool", ["--version"], { encoding: "utf8" });
  } catch {
    throw new Error(
      "promtool is not installed; `apt-get install prometheus` brings it, and .ci/run does that",
    );
  }
  edge = / version 2\./.test(version) ? 1 : 0;
  folder = mkdtempSync(join(tmpdir(), "atoms-promtool-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Case = {
  name: string;
  condition: string;
  /** In the shorthand, one sample a minute from 0, by the metric's name. */
  samples: { [metric: string]: string };
  for?: number;
  keep?: number;
  /** Milliseconds between evaluations. */
  every?: number;
};

/** A condition as Prometheus writes it; each case has series of its own, told apart by their names. */
function promql(one: Expression, prefix: string): string {
  const name = (of: Selection) => `${prefix}_${of.series}`;
  const inner = (part: Expression) => `(${promql(part, prefix)})`;
  switch (one.kind) {
    case "literal":
      return String(one.value);
    case "flag":
      return `${name(one.of)} != 0`;
    case "metric":
      return name(one.of);
    case "window": {
      const window = `${name(one.of)}[${one.range - edge}ms]`;
      if (one.function === "count")
        return one.of.series in metrics ? `count_over_time(${window})` : `sum_over_time(${window})`;
      if (one.function === "rate") return `rate(${window})`;
      return one.function.startsWith("p")
        ? `quantile_over_time(${Number(one.function.slice(1)) / 100}, ${window})`
        : `${one.function}_over_time(${window})`;
    }
    case "burn": {
      const share = `avg_over_time(${name(one.of)}[${one.range - edge}ms])`;
      return one.of.series === "success_rate"
        ? `((1 - ${share}) / (1 - ${one.objective}))`
        : `(${share} / (1 - ${one.objective}))`;
    }
    case "and":
    case "or":
      return `${inner(one.left)} ${one.kind} ${inner(one.right)}`;
    case "compare":
    case "arithmetic":
      return `${inner(one.left)} ${one.operator} ${inner(one.right)}`;
    case "negative":
      return `-${inner(one.of)}`;
    default:
      throw new Error(`${one.kind} has no word in PromQL`);
  }
}

const conditionOf = (text: string): Expression => {
  const read = readCondition(text);
  if (!read.ok) throw new Error(`${text}: ${read.message}`);
  return read.condition.expression;
};

const samplesOf = (shorthand: string): Samples => {
  const values = series(shorthand).map((value, i) => ({ at: i * minute, value }));
  const there = values.filter((one): one is { at: number; value: number } => one.value !== undefined);
  return {
    at: there.map((one) => one.at),
    values: there.map((one) => one.value),
    lookbackMs: lookbackMs + edge,
  };
};

/** The states that Atoms gives, evaluation by evaluation, until an hour is over. */
function states(one: Case, until: number): ("pending" | "firing" | undefined)[] {
  const expression = conditionOf(one.condition);
  const all = new Map(Object.entries(one.samples).map(([name, text]) => [name, samplesOf(text)]));
  const timing = { duration: one.for ?? 0, keepFiringFor: one.keep ?? 0, missing: "ok" } as const;
  const found: ("pending" | "firing" | undefined)[] = [];
  let standing: Episode | undefined;
  for (let now = 0; now <= until; now += one.every ?? minute) {
    const so = holds(expression, (of) => all.get(of.series), now);
    standing = step(standing, { holds: so, hasClear: false }, timing, now);
    found.push(standing?.state);
  }
  return found;
}

/** Runs the cases through promtool, expecting the states given. @returns what promtool says against them, if anything. */
function judge(cases: readonly Case[], expected: (one: Case) => ReturnType<typeof states>, until: number) {
  const every = cases[0]?.every ?? minute;
  const rules = {
    groups: cases.map((one, i) => ({
      name: `g${i}`,
      interval: `${every}ms`,
      rules: [
        {
          alert: `c${i}`,
          expr: promql(conditionOf(one.condition), `c${i}`),
          ...(one.for === undefined ? {} : { for: `${one.for}ms` }),
          ...(one.keep === undefined ? {} : { keep_firing_for: `${one.keep}ms` }),
        },
      ],
    })),
  };
  const all = cases.map(expected);
  const test = {
    rule_files: ["rules.json"],
    evaluation_interval: `${every}ms`,
    tests: [
      {
        interval: "1m",
        input_series: cases.flatMap((one, i) =>
          Object.entries(one.samples).map(([name, values]) => ({ series: `c${i}_${name}`, values })),
        ),
        promql_expr_test: Array.from({ length: until / every + 1 }, (_, k) => ({
          expr: "ALERTS",
          eval_time: `${k * every}ms`,
          exp_samples: all.flatMap((timeline, i) =>
            timeline[k] === undefined
              ? []
              : [{ labels: `ALERTS{alertname="c${i}", alertstate="${timeline[k]}"}`, value: 1 }],
          ),
        })),
      },
    ],
  };
  // JSON is YAML.
  writeFileSync(join(folder, "rules.json"), JSON.stringify(rules));
  writeFileSync(join(folder, "test.json"), JSON.stringify(test));
  const run = spawnSync("promtool", ["test", "rules", "test.json"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  return run.status === 0 ? "" : `${run.stdout}${run.stderr}`;
}

const table: Case[] = [
  {
    name: "fires at once without a duration",
    condition: "error_rate > 1%",
    samples: { error_rate: "0x3 0.02x3 0x5" },
  },
  {
    name: "waits for its duration",
    condition: "error_rate > 1%",
    for: 3 * minute,
    samples: { error_rate: "0x3 0.02x6 0x5" },
  },
  {
    name: "begins anew after a moment of good",
    condition: "error_rate > 1%",
    for: 3 * minute,
    samples: { error_rate: "0.02x2 0 0.02x2 0 0.02x5" },
  },
  {
    name: "is kept firing, and the count begins anew",
    condition: "error_rate > 1%",
    for: minute,
    keep: 4 * minute,
    samples: { error_rate: "0.02x3 0x2 0.02 0x8 0.02x2" },
  },
  {
    name: "a gap shorter than the look-back changes nothing",
    condition: "p95_latency > 1000ms",
    for: 2 * minute,
    samples: { p95_latency: "1500x3 _x3 1500x3 _x9 1500x3" },
  },
  {
    name: "samples that end resolve it after the look-back",
    condition: "health_check_failed",
    for: 2 * minute,
    keep: 2 * minute,
    samples: { health_check_failed: "0x2 1x6" },
  },
  {
    name: "windows",
    condition: "avg(error_rate, 5m) > 1% and p95(latency_ms, 10m) > 1s",
    samples: { error_rate: "0+0.004x10 0x10", latency_ms: "100+150x20 10x20" },
  },
  {
    name: "how often",
    condition: "count(health_check_failed, 5m) >= 3",
    samples: { health_check_failed: "0 1 0 1 1 0x9 1 1 1" },
  },
  { name: "how many samples", condition: "count(value, 5m) < 4", samples: { value: "1x6 _x2 1x2 _x5 1x9" } },
  {
    name: "a counter that is reset",
    condition: "rate(errors_total, 5m) > 0.35",
    samples: { errors_total: "0+10x8 0+30x8 5 _x3 7x9" },
  },
  {
    name: "sparse counters are extended to the window's ends",
    condition: "rate(errors_total, 7m) > 0.3",
    samples: { errors_total: "3 _x2 90 _ 130 _x4 150 200 _x2 400" },
  },
  {
    name: "two windows of a burn rate",
    condition:
      "burn_rate(success_rate, slo 99.9%, 1h) > 14.4 and burn_rate(success_rate, slo 99.9%, 5m) > 14.4",
    samples: { success_rate: "1x20 0.9x12 1x27" },
  },
  {
    name: "either of two, one of which is silent",
    condition: "error_rate > 1% or p95_latency > 1s",
    samples: { error_rate: "_x9 0.02x3 0x9", p95_latency: "0x3 2000x2 0x9" },
  },
  {
    name: "arithmetic",
    condition: "p99_latency - p50_latency > 2 * p50_latency",
    for: minute,
    samples: { p50_latency: "100x20", p99_latency: "100+30x20" },
  },
];

describe("every alert stands as in Prometheus, at every evaluation of an hour", () => {
  const hour = 60 * minute;

  it.each([minute, 30_000, 15_000])("the table, evaluated every %d ms", (every) => {
    const cases = table.map((one) => ({ ...one, every }));
    for (const one of cases)
      expect(states(one, hour), `${one.name} must fire, or it shows nothing`).toContain("firing");
    expect(judge(cases, (one) => states(one, hour), hour)).toBe("");
  });

  it("notices a single state that differs", () => {
    const wrong = judge(table.slice(1, 2), (one) => states(one, hour).with(5, "firing"), hour);
    expect(wrong).toMatch(/FAILED/);
  });

  it("and so do hundreds of rules and series made by chance", () => {
    const metric = fc.constantFrom<Metric>(
      "error_rate",
      "success_rate",
      "p95_latency",
      "value",
      "errors_total",
    );
    const range = fc.integer({ min: 2, max: 9 }).map((m) => `${m}m`);
    const window = fc.constantFrom("avg", "min", "max", "sum", "last", "p50", "p90", "p99");
    const operator = fc.constantFrom(">", ">=", "<", "<=");
    const limit = (name: Metric, n: number) =>
      ({ share: `${n / 10 + 0.03}%`, time: `${n * 10 + 3}ms`, number: `${n / 10 + 0.033}`, size: `${n}MB` })[
        metrics[name]
      ];
    const simple = fc
      .record({ name: metric, window: fc.option(window), range, operator, n: fc.nat(100) })
      .map(
        (a) =>
          `${a.window ? `${a.window}(${a.name}, ${a.range})` : a.name} ${a.operator} ${limit(a.name, a.n)}`,
      );
    const counted = fc
      .record({ range, operator, n: fc.nat(8), rate: fc.boolean() })
      .map(
        (a) =>
          `${a.rate ? "rate" : "count"}(errors_total, ${a.range}) ${a.operator} ${a.n + (a.rate ? 0.0317 : 0)}`,
      );
    const part = fc.oneof(simple, counted);
    const condition = fc.oneof(
      { weight: 2, arbitrary: part },
      {
        weight: 1,
        arbitrary: fc
          .tuple(part, fc.constantFrom("and", "or"), part)
          .map(([left, word, right]) => `${left} ${word} ${right}`),
      },
    );
    const run = (scale: number) =>
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.tuple(fc.nat(100), fc.nat(7)).map(([n, times]) => `${(n * scale) / 100}x${times}`),
        },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }).map((n) => `_x${n}`) },
      );
    const samples = (scale: number) =>
      fc.array(run(scale), { minLength: 4, maxLength: 9 }).map((parts) => parts.join(" "));
    const one: fc.Arbitrary<Case> = fc.record({
      name: fc.constant("by chance"),
      condition,
      samples: fc.record({
        error_rate: samples(0.1),
        success_rate: samples(0.1),
        p95_latency: samples(1000),
        value: samples(10),
        errors_total: samples(1000),
      }),
      for: fc.integer({ min: 0, max: 5 }).map((n) => n * minute),
      keep: fc.integer({ min: 0, max: 5 }).map((n) => n * minute),
    });
    const cases = fc.sample(one, { numRuns: 300, seed: 20_260_105 });
    const all = new Map(cases.map((it) => [it, states(it, 45 * minute)]));
    const fired = [...all.values()].filter((timeline) => timeline.includes("firing")).length;
    expect(fired).toBeGreaterThan(100);
    expect(judge(cases, (it) => all.get(it) ?? [], 45 * minute)).toBe("");
  });
});
