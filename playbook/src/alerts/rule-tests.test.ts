import { describe, expect, it } from "vitest";
import { RuleTests, runRuleTests } from "./rule-tests.js";
import { rulesOf } from "./rules.js";
import { AlertRules } from "./settings.js";

const rules = [
  { name: "errors", condition: "error_rate > 1%", duration: "5m", severity: "high", actions: ["email_team"] },
  { name: "failed", condition: "deployment_status == failed", severity: "high", actions: ["auto_rollback"] },
];
const run = (...tests: object[]) => runRuleTests(RuleTests.parse({ rules, tests }), []);
const test = (series: object, expected: object, more: object = {}) => ({
  name: "a test",
  series,
  expect: [{ rule: "errors", ...expected }],
  ...more,
});

describe("tests of rules", () => {
  it.each([
    [test({ error_rate: "0x2 0.02x20" }, { quiet: ["2m"], pending: ["3m", "7m59s"], firing: ["8m", "20m"] })],
    [test({ error_rate: "0+0.001x30" }, { quiet: ["10m"], pending: ["11m"], firing: ["16m", "30m"] })],
    [test({ error_rate: "0.02x9" }, { firing: ["5m"], quiet: ["30m"] })],
    [test({ error_rate: "0.02x60" }, { pending: ["4m50s"], firing: ["5m"] }, { interval: "10s" })],
    [
      test(
        { 'error_rate{monitor="api"}': "0.02x9", 'error_rate{monitor="web"}': "0x9" },
        { monitor: "api", firing: ["6m"] },
      ),
    ],
    [
      test(
        { deployment_status: "released failedx2 rolled_back" },
        { rule: "failed", quiet: ["0s", "4m"], firing: ["1m", "3m"] },
      ),
    ],
  ])("pass: %j", (one) => {
    expect(run(one)).toMatchObject([{ passed: true, because: [] }]);
  });

  it.each<[object, RegExp]>([
    [
      test({ error_rate: "0x20" }, { firing: ["8m"] }),
      /errors is quiet at 8m, expected firing; error_rate 0%/,
    ],
    [
      test({ error_rate: "0.02x20" }, { quiet: ["6m"] }),
      /errors is firing at 6m, expected quiet; error_rate 2%/,
    ],
    [test({ eror_rate: "0x20" }, { firing: ["8m"] }), /eror_rate is nothing that a condition can read/],
    [test({ error_rate: "0 1 zwei" }, { firing: ["8m"] }), /error_rate: cannot read "zwei"/],
    [test({ cpu: "0x20" }, { firing: ["8m"] }), /no monitor gives error_rate, .* the test gives cpu/],
    [test({ error_rate: "0" }, { rule: "other" }), /there is no rule other; there are errors, failed/],
    [
      test({ deployment_status: "broken" }, { rule: "failed" }),
      /cannot read "broken"; expected one of failed/,
    ],
    [
      test({ 'error_rate{monitor="api"}': "0", 'error_rate{monitor="web"}': "0" }, { firing: ["1m"] }),
      /expected a monitor to be named; there are api, web/,
    ],
  ])("fail: %j", (one, because) => {
    const [result] = run(one);
    expect(result?.passed).toBe(false);
    expect(result?.because.join()).toMatch(because);
  });

  it("tells how a rule stood over time", () => {
    expect(run(test({ error_rate: "0x2 0.02x9 0x9" }, { firing: ["8m"] }))[0]?.timelines).toEqual([
      "errors: quiet from 0s, pending from 3m, firing from 8m, quiet from 13m",
    ]);
  });

  it("take the playbook's rules when they bring none", () => {
    const own = rulesOf(AlertRules.parse(rules));
    const tests = RuleTests.parse({ tests: [test({ error_rate: "0.02x9" }, { firing: ["5m"] })] });
    expect(runRuleTests(tests, own)).toMatchObject([{ passed: true }]);
  });
});
