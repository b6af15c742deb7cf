import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Expression,
  flags,
  type Metric,
  metrics,
  type Selection,
  states,
  type Unit,
  windowFunctions,
} from "../model.js";
import { readCondition } from "./read.js";
import { writeExpression } from "./write.js";

const of = (series: Selection["series"], ...where: Selection["where"]): Selection => ({ series, where });
const share = (value: number): Expression => ({ kind: "literal", unit: "share", value });
const time = (value: number): Expression => ({ kind: "literal", unit: "time", value });
const above = (left: Expression, right: Expression): Expression => ({
  kind: "compare",
  operator: ">",
  left,
  right,
});
const metric = (series: Metric, ...where: Selection["where"]): Expression => ({
  kind: "metric",
  of: of(series, ...where),
});
const down: Expression = { kind: "flag", of: of("health_check_failed") };
const failed: Expression = { kind: "state", of: of("deployment_status"), operator: "==", value: "failed" };

describe("a condition that can be read", () => {
  it.each<[string, Expression]>([
    ["health_check_failed", down],
    ["error_rate > 1%", above(metric("error_rate"), share(0.01))],
    ["p95_latency > 1000ms", above(metric("p95_latency"), time(1000))],
    ["deployment_status == failed", failed],
    ["p99_latency>2s", above(metric("p99_latency"), time(2000))],
    ["  success_rate >  99.5 % ", above(metric("success_rate"), share(0.995))],
    ["p95_latency > 1m30s", above(metric("p95_latency"), time(90_000))],
    [
      "memory_bytes > 512MiB",
      above(metric("memory_bytes"), { kind: "literal", unit: "size", value: 512 * 1024 ** 2 }),
    ],
    ["1% > error_rate", above(share(0.01), metric("error_rate"))],
    ["not health_check_failed", { kind: "not", of: down }],
    [
      "health_check_failed or deployment_status == failed and not health_check_failed",
      { kind: "or", left: down, right: { kind: "and", left: failed, right: { kind: "not", of: down } } },
    ],
    [
      "(health_check_failed or deployment_status == failed) and health_check_failed",
      { kind: "and", left: { kind: "or", left: down, right: failed }, right: down },
    ],
    [
      "avg(error_rate, 5m) > 1%",
      above({ kind: "window", function: "avg", of: of("error_rate"), range: 300_000 }, share(0.01)),
    ],
    [
      "p95(latency_ms, 10m) > 1s",
      above({ kind: "window", function: "p95", of: of("latency_ms"), range: 600_000 }, time(1000)),
    ],
    [
      "p99_latency - p50_latency * 2 > 1s",
      above(
        {
          kind: "arithmetic",
          operator: "-",
          left: metric("p99_latency"),
          right: {
            kind: "arithmetic",
            operator: "*",
            left: metric("p50_latency"),
            right: { kind: "literal", unit: "number", value: 2 },
          },
        },
        time(1000),
      ),
    ],
    [
      "burn_rate(success_rate, slo 99.9%, 1h) > 14.4\n  and burn_rate(success_rate, slo 99.9%, 5m) > 14.4",
      {
        kind: "and",
        left: above(
          { kind: "burn", of: of("success_rate"), objective: 0.999, range: 3_600_000 },
          { kind: "literal", unit: "number", value: 14.4 },
        ),
        right: above(
          { kind: "burn", of: of("success_rate"), objective: 0.999, range: 300_000 },
          { kind: "literal", unit: "number", value: 14.4 },
        ),
      },
    ],
    [
      'error_rate{monitor="api", team!="web"} > 1%',
      above(
        metric(
          "error_rate",
          { label: "monitor", operator: "=", value: "api" },
          { label: "team", operator: "!=", value: "web" },
        ),
        share(0.01),
      ),
    ],
  ])("%s", (text, expression) => {
    expect(readCondition(text)).toMatchObject({ ok: true, condition: { expression } });
  });

  it("says where it reads what", () => {
    expect(readCondition("error_rate > 1% and cpu > 80%")).toMatchObject({
      condition: {
        uses: [
          { series: "error_rate", column: 1 },
          { series: "cpu", column: 21 },
        ],
      },
    });
  });
});

describe("a condition that can't be read says what was expected and where", () => {
  it.each<[string, number, RegExp]>([
    ["", 1, /expected a fact or a metric, for example "error_rate > 1%"; known are .*error_rate/],
    ["> 1%", 1, /expected a fact or a metric/],
    ["eror_rate > 1%", 1, /eror_rate is neither a fact nor a metric; known are .*error_rate/],
    ["error_rate", 11, /expected >, >=, < or <= after error_rate, for example "error_rate > 1%"/],
    ["error_rate == 1%", 12, /expected >, >=, < or <= after error_rate/],
    ["error_rate >", 13, /expected a percentage/],
    ["error_rate > 1", 14, /expected a percentage from 0% to 100% after >, .* got 1/],
    ["error_rate > 101%", 14, /expected a percentage from 0% to 100%/],
    ["error_rate > 5ms", 14, /expected a percentage .* got 5ms/],
    ["error_rate > high", 14, /expected a percentage/],
    ["p95_latency > 1000", 15, /expected a duration with its unit, such as 1000ms/],
    ["p95_latency > 1%", 15, /expected a duration/],
    ["p95_latency > 5parsecs", 15, /expected a number with one of the units %, ms, s/],
    ["p95_latency > error_rate", 15, /expected a duration .* got a share/],
    ["health_check_failed > 1%", 21, /stands alone/],
    ["health_check_failed error_rate", 21, /expected and, or, or the end/],
    ["deployment_status > failed", 19, /expected == or !=/],
    ["deployment_status == broken", 22, /one of failed, released, rolled_back, aborted/],
    ["error_rate > 1% and", 20, /expected a fact or a metric/],
    ["error_rate > 1% && cpu > 80%", 17, /got "&"/],
    ["error_rate > 1% and cpu", 24, /expected >, >=, < or <= after cpu/],
    ["(error_rate > 1%", 17, /expected \) to close/],
    ["error_rate + p95_latency > 1%", 12, /a share \+ a time means nothing/],
    ["not error_rate", 15, /expected >, >=/],
    ["-health_check_failed", 2, /expected a number after -/],
    ["avg(error_rate) > 1%", 15, /expected , and then a window, for example "avg\(error_rate, 5m\)"/],
    ["avg(error_rate, 5) > 1%", 17, /expected a window/],
    ["avg(health_check_failed, 5m) > 1%", 5, /not a metric that avg takes/],
    ["avg(error_rate, 5m > 1%", 20, /expected \) to close avg\(/],
    ["rate(error_rate, 5m) > 1", 1, /expected a counter such as errors_total/],
    ["count(health_check_failed, 5m) > 1%", 34, /expected a number without a unit/],
    ["burn_rate(cpu, slo 99%, 1h) > 1", 11, /not a metric that burn_rate takes/],
    ["burn_rate(success_rate, 99%, 1h) > 1", 25, /expected slo and its objective/],
    ["burn_rate(success_rate, slo 100%, 1h) > 1", 29, /above 0% and below 100%/],
    ["error_rate{monitor=api} > 1%", 20, /expected a text in quotes/],
    ['error_rate{"api"} > 1%', 12, /expected a label/],
    ['error_rate{monitor="api" > 1%', 26, /expected } to close the labels/],
    ['error_rate{monitor="api} > 1%', 20, /expected a closing "/],
    ["error_rate > 1% > 2%", 17, /cannot be compared|expected and, or/],
    ["error_rate > 1% #", 17, /got "#"/],
    ["(".repeat(200), 102, /at most 100/],
  ])("%j at column %d", (text, column, message) => {
    const read = readCondition(text);
    expect(read.ok ? "" : read.message).toMatch(message);
    expect(read).toMatchObject({ ok: false, column });
  });

  it("counts lines in a condition of several", () => {
    expect(readCondition("error_rate > 1%\n  and cpu > 80")).toMatchObject({
      line: 2,
      columnInLine: 13,
      column: 29,
    });
  });

  it("names the word and what is known, for a suggestion", () => {
    expect(readCondition("eror_rate > 1%")).toMatchObject({
      word: "eror_rate",
      known: expect.arrayContaining(["error_rate"]),
    });
  });
});

const names = Object.keys(metrics) as Metric[];
const ofUnit = (unit: Unit) => names.filter((name) => metrics[name] === unit);
const range = fc.integer({ min: 1, max: 86_400_000 });
const where = fc.array(
  fc.record({
    label: fc.constantFrom("monitor", "team"),
    operator: fc.constantFrom("=", "!=", "=~", "!~"),
    value: fc.string({ unit: fc.constantFrom("a", "B", "7", "*", "|", " ", "é", "'") }),
  }),
  { maxLength: 2 },
) as fc.Arbitrary<Selection["where"]>;
const selection = (series: readonly Selection["series"][]) =>
  fc.record({ series: fc.constantFrom(...series), where }) as fc.Arbitrary<Selection>;
const literal = (unit: Unit) =>
  fc.nat({ max: 100_000 }).map(
    (n): Expression => ({
      kind: "literal",
      unit,
      value: unit === "share" ? n / 100_000 : unit === "number" ? n / 8 : n,
    }),
  );

/** Every expression that gives a number of a unit, and every one that is true or not. */
const { truth } = fc.letrec<{
  truth: Expression;
  share: Expression;
  time: Expression;
  size: Expression;
  number: Expression;
}>((tie) => {
  const valued = (unit: Unit) =>
    fc.oneof(
      { maxDepth: 4 },
      literal(unit),
      selection(ofUnit(unit)).map((one): Expression => ({ kind: "metric", of: one })),
      fc
        .record({
          kind: fc.constant("window" as const),
          function: fc.constantFrom(...windowFunctions.filter((one) => one !== "count" && one !== "rate")),
          of: selection(ofUnit(unit)),
          range,
        })
        .map((one): Expression => one),
      fc.record({
        kind: fc.constant("arithmetic" as const),
        operator: fc.constantFrom("+" as const, "-" as const),
        left: tie(unit),
        right: tie(unit),
      }),
      fc.record({
        kind: fc.constant("arithmetic" as const),
        operator: fc.constantFrom("*" as const, "/" as const),
        left: tie(unit),
        right: tie("number"),
      }),
      tie(unit).map((one): Expression => ({ kind: "negative", of: one })),
    );
  return {
    share: valued("share"),
    time: valued("time"),
    size: valued("size"),
    number: fc.oneof(
      { maxDepth: 4 },
      valued("number"),
      fc.record({
        kind: fc.constant("window" as const),
        function: fc.constant("count" as const),
        of: selection([...names, ...flags]),
        range,
      }),
      fc.record({
        kind: fc.constant("burn" as const),
        of: selection(["success_rate", "error_rate"]),
        objective: fc.integer({ min: 1, max: 9_999 }).map((n) => n / 10_000),
        range,
      }),
    ),
    truth: fc.oneof(
      { maxDepth: 4 },
      selection(flags).map((one): Expression => ({ kind: "flag", of: one })),
      fc.record({
        kind: fc.constant("state" as const),
        of: selection(["deployment_status"]),
        operator: fc.constantFrom("==" as const, "!=" as const),
        value: fc.constantFrom(...states.deployment_status),
      }),
      fc.constantFrom<Unit>("share", "time", "size", "number").chain((unit) =>
        fc.record({
          kind: fc.constant("compare" as const),
          operator:
            unit === "number"
              ? fc.constantFrom(">" as const, ">=" as const, "==" as const, "!=" as const)
              : fc.constantFrom(">" as const, ">=" as const, "<" as const, "<=" as const),
          left: tie(unit),
          right: tie(unit),
        }),
      ),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        left: tie("truth"),
        right: tie("truth"),
      }),
      tie("truth").map((one): Expression => ({ kind: "not", of: one })),
    ),
  };
});

it("comes back from its written form", () => {
  fc.assert(
    fc.property(truth, (expression) => {
      const read = readCondition(writeExpression(expression));
      expect(read.ok ? read.condition.expression : read.message).toEqual(expression);
    }),
    { numRuns: 150 },
  );
});

it("never throws, whatever is written", () => {
  const words = fc.constantFrom(
    "error_rate",
    "p95_latency",
    "health_check_failed",
    "deployment_status",
    "failed",
    "and",
    "or",
    "not",
    "slo",
    "avg",
    "rate",
    "burn_rate",
    "(",
    ")",
    "{",
    "}",
    ",",
    ">",
    "<=",
    "==",
    "=",
    "-",
    "*",
    "/",
    "1%",
    "5m",
    "7",
    '"api"',
    "'",
    "\n",
  );
  const text = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((all) => String.fromCharCode(...all)),
    fc.array(words, { maxLength: 30 }).map((all) => all.join(" ")),
    fc.tuple(truth.map(writeExpression), fc.nat(), fc.string()).map(([good, at, noise]) => {
      const place = at % (good.length + 1);
      return good.slice(0, place) + noise + good.slice(place + noise.length);
    }),
  );
  fc.assert(
    fc.property(text, (one) => {
      const read = readCondition(one);
      if (read.ok) return;
      expect(read.column).toBeGreaterThanOrEqual(1);
      expect(read.column).toBeLessThanOrEqual(one.length + 1);
      expect(read.message).not.toBe("");
    }),
    { numRuns: 300 },
  );
});
