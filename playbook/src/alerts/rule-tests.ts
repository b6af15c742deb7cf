import { z } from "zod";
import { Duration, formatDuration, PositiveDuration } from "../terms/index.js";
import { holds, type Read, sawAt } from "./evaluate.js";
import { flags, metrics, type Rule, type SeriesName, states } from "./model.js";
import { instancesOf, type Provider, rulesOf } from "./rules.js";
import { lookbackFor, type Samples, series } from "./series.js";
import { AlertRules } from "./settings.js";
import { type Episode, step } from "./step.js";

const seriesNames: readonly string[] = [...Object.keys(metrics), ...flags, ...Object.keys(states)];

/** Samples as a test writes them: shares, milliseconds, 0 or 1, or the words of a state. */
const Shorthand = z
  .string()
  .min(1)
  .max(10_000)
  .meta({ examples: ["0+1x10", "0.001x5 0.02x10 _x3", "released failed"] });

const moments = z.array(Duration).default([]);

/** One expectation: how one rule stands at which times. */
const Expectation = z.strictObject({
  rule: z.string().describe("Name of the rule."),
  monitor: z
    .string()
    .optional()
    .describe("Which of its alerts; needed where several monitors give what it reads."),
  pending: moments.describe("Times at which it is pending, counted from the first sample."),
  firing: moments.describe("Times at which it fires."),
  quiet: moments.describe("Times at which it is neither."),
});

/** A file of tests for alert rules. */
export const RuleTests = z.strictObject({
  rules: AlertRules.optional().describe("Rules to test; those of the playbook when left out."),
  tests: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe("What it shows."),
        interval: PositiveDuration.default(60_000).describe(
          "Between two samples, and between two evaluations.",
        ),
        series: z
          .record(z.string(), Shorthand)
          .describe(
            'Samples by what they are of, e.g. `error_rate`, or `error_rate{monitor="api"}` where several monitors give it; in the shorthand of Prometheus.',
          ),
        expect: z.array(Expectation).min(1).describe("How rules stand."),
      }),
    )
    .min(1),
});
export type RuleTests = z.output<typeof RuleTests>;

/** What one test found. */
export type RuleTestResult = {
  name: string;
  passed: boolean;
  /** One sentence per expectation that was not met, and per mistake. */
  because: string[];
  /** Each rule's states over time, e.g. "errors: quiet from 0s, pending from 5m, firing from 10m". */
  timelines: string[];
};

type State = "quiet" | "pending" | "firing";

/**
 * Runs rule tests on series written in Prometheus' shorthand, evaluated at every sample's time.
 * @param own The playbook's rules, for tests that bring none. Pure: no clock, no store.
 */
export function runRuleTests(tests: RuleTests, own: readonly Rule[]): RuleTestResult[] {
  const rules = tests.rules === undefined ? own : rulesOf(tests.rules);
  return tests.tests.map((test) => {
    const because: string[] = [];
    const given = givenSeries(test.series, test.interval, because);
    const needed = new Set(test.expect.map(({ rule }) => rule));
    const timelines = new Map<string, { at: number; state: State; saw: string }[]>();
    const end = Math.max(
      given.end,
      ...test.expect.flatMap(({ pending, firing, quiet }) => [...pending, ...firing, ...quiet]),
    );
    for (const name of needed) {
      const rule = rules.find((one) => one.name === name);
      if (rule === undefined) {
        because.push(
          `there is no rule ${name}; there are ${rules.map((one) => one.name).join(", ") || "none"}`,
        );
        continue;
      }
      const { instances, gaps } = instancesOf(rule, given.providers);
      for (const gap of gaps)
        because.push(`${name}: ${gap.message.replace("monitors here give", "the test gives")}`);
      for (const instance of instances) {
        const read: Read = (of) => given.samples.get(`${of.series} ${instance.monitorOf.get(of) ?? ""}`);
        timelines.set(`${name}\n${instance.series}`, timelineOf(rule, read, test.interval, end));
      }
    }
    for (const one of test.expect) judge(one, timelines, because);
    return {
      name: test.name,
      passed: because.length === 0,
      because,
      timelines: [...timelines].map(([key, timeline]) => {
        const [rule = "", monitor = ""] = key.split("\n");
        return `${rule}${monitor === "" || monitor === usual ? "" : ` on ${monitor}`}: ${inWords(timeline)}`;
      }),
    };
  });
}

/** The monitor that samples are of which name none. */
const usual = "test";

function givenSeries(written: { [name: string]: string }, interval: number, because: string[]) {
  const samples = new Map<string, Samples>();
  const byMonitor = new Map<string, SeriesName[]>();
  let end = 0;
  for (const [key, text] of Object.entries(written)) {
    const found = /^\s*([a-z][a-z0-9_]*)\s*(?:\{\s*monitor\s*=\s*"([^"]+)"\s*\})?\s*$/.exec(key);
    const [, name = "", monitor = usual] = found ?? [];
    if (!seriesNames.includes(name)) {
      because.push(`${key} is nothing that a condition can read; known are ${seriesNames.join(", ")}`);
      continue;
    }
    let values: (number | undefined)[];
    try {
      values = valuesOf(name as SeriesName, text);
    } catch (error) {
      because.push(`${key}: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    end = Math.max(end, (values.length - 1) * interval);
    const there = values.flatMap((value, i) => (value === undefined ? [] : [{ at: i * interval, value }]));
    const isState = name in states;
    samples.set(`${name} ${isState ? "" : monitor}`, {
      at: there.map(({ at }) => at),
      values: there.map(({ value }) => value),
      lookbackMs: isState ? Number.POSITIVE_INFINITY : lookbackFor(interval),
    });
    if (!isState) byMonitor.set(monitor, [...(byMonitor.get(monitor) ?? []), name as SeriesName]);
  }
  const providers = [...byMonitor].map(
    ([monitor, names]): Provider => ({ monitor, series: names, labels: {}, everyMs: interval }),
  );
  return { samples, providers, end };
}

/** Numbers in the shorthand; for a state its words, `_` and repetitions such as `failedx3`. */
function valuesOf(name: SeriesName, text: string): (number | undefined)[] {
  if (!(name in states)) return series(text);
  const known: readonly string[] = states[name as keyof typeof states];
  return text
    .trim()
    .split(/\s+/)
    .flatMap((part) => {
      const [, word = "", times = "0"] = /^([a-z_]+?)(?:x(\d{1,5}))?$/.exec(part) ?? [];
      if (word !== "_" && !known.includes(word))
        throw new Error(`cannot read "${part}"; expected one of ${known.join(", ")} or _`);
      const value = word === "_" ? undefined : known.indexOf(word);
      return Array.from({ length: Number(times) + 1 }, () => value);
    });
}

function timelineOf(rule: Rule, read: Read, interval: number, end: number) {
  const timeline: { at: number; state: State; saw: string }[] = [];
  let standing: Episode | undefined;
  for (let at = 0; at <= end; at += interval) {
    const facts = {
      holds: holds(rule.condition.expression, read, at),
      hasClear: rule.clear !== undefined,
      ...(rule.clear === undefined ? {} : { clear: holds(rule.clear.expression, read, at) }),
    };
    standing = step(standing, facts, rule, at);
    timeline.push({ at, state: standing?.state ?? "quiet", saw: sawAt(rule.condition.expression, read, at) });
  }
  return timeline;
}

function judge(
  expected: RuleTests["tests"][number]["expect"][number],
  timelines: ReadonlyMap<string, { at: number; state: State; saw: string }[]>,
  because: string[],
): void {
  const own = [...timelines].filter(([key]) => key.startsWith(`${expected.rule}\n`));
  const chosen =
    expected.monitor === undefined
      ? own
      : own.filter(([key]) => key === `${expected.rule}\n${expected.monitor}`);
  if (own.length === 0) return;
  const [only] = chosen;
  if (only === undefined || chosen.length > 1) {
    because.push(
      `${expected.rule}: expected ${expected.monitor === undefined ? "a monitor to be named" : `a monitor ${expected.monitor}`}; there are ${own.map(([key]) => key.split("\n")[1]).join(", ")}`,
    );
    return;
  }
  for (const state of ["quiet", "pending", "firing"] as const)
    for (const time of expected[state]) {
      // Between two evaluations a rule stands as at the one before.
      const at = only[1].findLast((one) => one.at <= time);
      if (at !== undefined && at.state !== state)
        because.push(
          `${expected.rule} is ${at.state} at ${formatDuration(time)}, expected ${state}; ${at.saw}`,
        );
    }
}

function inWords(timeline: readonly { at: number; state: State }[]): string {
  return timeline
    .filter((one, i) => one.state !== timeline[i - 1]?.state)
    .map(({ at, state }) => `${state} from ${formatDuration(at)}`)
    .join(", ");
}
