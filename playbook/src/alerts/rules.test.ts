import { describe, expect, it } from "vitest";
import { writeExpression } from "./language/index.js";
import type { SeriesName } from "./model.js";
import { instancesOf, type Provider, reachOf, rulesOf } from "./rules.js";
import { AlertRules } from "./settings.js";

const provider = (monitor: string, series: SeriesName[], labels: Provider["labels"] = {}): Provider => ({
  monitor,
  series,
  labels,
  everyMs: 60_000,
});
const ruleOf = (condition: string, more: object = {}) => {
  const [rule] = rulesOf(
    AlertRules.parse([{ name: "r", condition, severity: "high", actions: ["slack_notification"], ...more }]),
  );
  if (rule === undefined) throw new Error("one rule");
  return rule;
};

describe("the rules of the playbook", () => {
  const rule = { name: "down", condition: "health_check_failed", severity: "high", actions: ["page_oncall"] };

  it("have their own names", () => {
    expect(AlertRules.safeParse([rule, rule]).error?.issues).toMatchObject([
      { path: [1, "name"], message: expect.stringContaining("down is taken") },
    ]);
    const slo = { name: "api", slo: { objective: "99.9%" }, severity: "high", actions: ["page_oncall"] };
    expect(AlertRules.safeParse([slo, { ...rule, name: "api_1h" }]).success).toBe(false);
  });

  it.each([
    [{ ...rule, condition: undefined }, /expected a condition/],
    [{ ...rule, slo: { objective: "99.9%" } }, /either condition or slo/],
    [{ ...rule, labels: { severity: "x" } }, /labels of your own/],
    [{ ...rule, condition: undefined, slo: { objective: "100%" } }, /above 0% and below 100%/],
    [{ ...rule, keep_firing: "5m" }, /Unrecognized key/],
    [{ ...rule, condition: "error_rate >\n  1" }, /line 2, column 3 of the condition: expected a percentage/],
  ])("%j is refused", (written, message) => {
    expect(
      AlertRules.safeParse([written])
        .error?.issues.map((one) => one.message)
        .join(),
    ).toMatch(message);
  });

  it("open an slo up into the workbook's four", () => {
    const rules = rulesOf(
      AlertRules.parse([
        {
          name: "api",
          slo: { objective: "99.9%", monitor: "front", slow: { severity: "low", actions: ["email_team"] } },
          severity: "critical",
          actions: ["page_oncall"],
        },
      ]),
    );
    expect(
      rules.map(({ name, severity, actions, labels, condition }) => [
        name,
        severity,
        actions[0],
        labels["slo"],
        writeExpression(condition.expression),
      ]),
    ).toEqual(
      [
        ["1h", "5m", 14.4, "critical", "page_oncall"],
        ["6h", "30m", 6, "critical", "page_oncall"],
        ["1d", "2h", 3, "low", "email_team"],
        ["3d", "6h", 1, "low", "email_team"],
      ].map(([long, short, times, severity, action]) => {
        const burn = (window: unknown) =>
          `burn_rate(success_rate{monitor="front"}, slo 99.9%, ${window}) > ${times}`;
        return [`api_${long}`, severity, action, "api", `${burn(long)} and ${burn(short)}`];
      }),
    );
    expect(rules.map(({ condition }) => reachOf(condition) / 3_600_000)).toEqual([1, 6, 24, 72]);
  });
});

describe("a rule on the series there are", () => {
  const providers = [
    provider("api", ["health_check_failed", "error_rate", "p95_latency"], { team: "core" }),
    provider("web", ["health_check_failed", "error_rate"]),
    provider("box", ["cpu"]),
  ];

  it.each<[string, string[]]>([
    ["health_check_failed", ["api", "web"]],
    ["p95_latency > 1s", ["api"]],
    ["cpu > 80%", ["box"]],
    ["health_check_failed and cpu > 80%", ["api", "web"]],
    ["cpu > 80% and p95_latency > 1s", ["box+api"]],
    ['health_check_failed{monitor="web"}', ["web"]],
    ['health_check_failed{team="core"}', ["api"]],
    ['health_check_failed{monitor=~"*"} and error_rate > 1%', ["api", "web"]],
    ["deployment_status == failed", [""]],
    ["deployment_status == failed and health_check_failed", ["api", "web"]],
  ])("%s", (condition, series) => {
    const { instances, gaps } = instancesOf(ruleOf(condition), providers);
    expect(gaps).toEqual([]);
    expect(instances.map((one) => one.series)).toEqual(series);
  });

  it("carries the monitor's labels", () => {
    expect(instancesOf(ruleOf("p95_latency > 1s"), providers).instances[0]?.labels).toEqual({
      monitor: "api",
      team: "core",
    });
  });

  it.each<[string, object, number, RegExp]>([
    [
      "memory > 80%",
      {},
      1,
      /no monitor gives memory, so this rule could never fire; monitors here give .*cpu/,
    ],
    ["health_check_failed or memory > 80%", {}, 24, /no monitor gives memory/],
    ['cpu{monitor="api"} > 80%', {}, 1, /no monitor that gives cpu has these labels; it comes from box/],
    ['deployment_status{monitor="x"} == failed', {}, 1, /no labels/],
    ["cpu > 80%", { clear: "memory < 1%" }, 1, /no monitor gives memory/],
  ])("%s %j has a gap", (condition, more, column, message) => {
    const { instances, gaps } = instancesOf(ruleOf(condition, more), providers);
    expect(instances).toEqual([]);
    expect(gaps[0]).toMatchObject({ column, message: expect.stringMatching(message) });
  });

  it("does not guess which of several belong together", () => {
    const two = [
      provider("a", ["cpu"]),
      provider("b", ["cpu"]),
      provider("c", ["memory"]),
      provider("d", ["memory"]),
    ];
    expect(instancesOf(ruleOf("cpu > 1% and memory > 1%"), two).gaps[0]?.message).toMatch(
      /one monitor that gives cpu and memory, .* for example cpu\{monitor="a"\}/,
    );
  });
});
