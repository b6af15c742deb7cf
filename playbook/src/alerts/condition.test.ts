import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCondition, writeCondition } from "./condition.js";
import { type Condition, flags, type Metric, metrics, states } from "./model.js";
import { AlertRules } from "./settings.js";

describe("a condition that can be read", () => {
  it.each<[string, Condition]>([
    ["health_check_failed", { kind: "flag", flag: "health_check_failed" }],
    ["error_rate > 1%", { kind: "compare", metric: "error_rate", operator: ">", limit: 0.01 }],
    ["p95_latency > 1000ms", { kind: "compare", metric: "p95_latency", operator: ">", limit: 1000 }],
    ["p99_latency>=2s", { kind: "compare", metric: "p99_latency", operator: ">=", limit: 2000 }],
    ["  success_rate <  99.5 % ", { kind: "compare", metric: "success_rate", operator: "<", limit: 0.995 }],
    [
      "deployment_status == failed",
      { kind: "state", state: "deployment_status", operator: "==", value: "failed" },
    ],
  ])("%s", (text, condition) => expect(readCondition(text)).toEqual({ ok: true, condition }));
});

describe("a condition that can't be read says what was expected and where", () => {
  it.each<[string, number, RegExp]>([
    ["", 1, /expected a fact or a metric, for example "error_rate > 1%"/],
    ["> 1%", 1, /expected a fact or a metric/],
    ["eror_rate > 1%", 1, /eror_rate is neither a fact nor a metric; known are .*error_rate/],
    ["error_rate", 11, /expected >, >=, < or <= after error_rate/],
    ["error_rate == 1%", 12, /expected >, >=, < or <=/],
    ["error_rate > 1", 14, /expected a percentage/],
    ["error_rate > 101%", 14, /expected a percentage from 0% to 100%/],
    ["error_rate > 5ms", 14, /expected a percentage/],
    ["p95_latency > 1000", 15, /expected a duration with its unit, such as 1000ms/],
    ["p95_latency > 1%", 15, /expected a duration/],
    ["health_check_failed > 1%", 21, /stands alone/],
    ["deployment_status > failed", 19, /expected == or !=/],
    ["deployment_status == broken", 22, /one of failed, released, rolled_back, aborted/],
    ["error_rate > 1% and cpu > 80%", 14, /expected a percentage/],
  ])("%j at column %d", (text, column, message) => {
    const read = readCondition(text);
    expect(read).toMatchObject({ ok: false, column });
    expect(read.ok ? "" : read.message).toMatch(message);
  });
});

it("comes back from its written form", () => {
  const compare = fc
    .record({
      metric: fc.constantFrom(...(Object.keys(metrics) as Metric[])),
      operator: fc.constantFrom(">", ">=", "<", "<=" as const),
      n: fc.nat({ max: 100_000 }),
    })
    .map(({ metric, operator, n }) => ({
      kind: "compare" as const,
      metric,
      operator: operator as ">",
      limit: metrics[metric] === "share" ? n / 100_000 : n,
    }));
  const flag = fc.constantFrom(...flags).map((name) => ({ kind: "flag" as const, flag: name }));
  const state = fc
    .record({
      operator: fc.constantFrom("==" as const, "!=" as const),
      value: fc.constantFrom(...states.deployment_status),
    })
    .map((s) => ({ kind: "state" as const, state: "deployment_status" as const, ...s }));
  fc.assert(
    fc.property(fc.oneof(compare, flag, state), (condition) => {
      expect(readCondition(writeCondition(condition))).toEqual({ ok: true, condition });
    }),
  );
});

it("never throws, whatever is written", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = readCondition(text);
      if (!read.ok) expect(read.column).toBeGreaterThanOrEqual(1);
    }),
  );
});

it("wants every rule to have its own name", () => {
  const rule = { name: "down", condition: "health_check_failed", severity: "high", actions: ["page_oncall"] };
  expect(AlertRules.parse([rule])).toMatchObject([{ duration: 0, condition: { kind: "flag" } }]);
  expect(AlertRules.safeParse([rule, rule]).error?.issues).toMatchObject([
    { path: [1, "name"], message: expect.stringContaining("down is taken") },
  ]);
});
