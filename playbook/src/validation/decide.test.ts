import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "../terms/index.js";
import { judge, judgePath, nearestRank, waited } from "./decide.js";
import type { Measurement, Shot } from "./model.js";
import { PerformanceSettings } from "./settings.js";

const settings = PerformanceSettings.parse({});
const shot = (ms: number, change: Partial<Shot> = {}): Shot => ({
  ok: true,
  status: 200,
  why: null,
  ms,
  lateMs: 0,
  ...change,
});
const failure = (status: number | null = 500, why: string | null = null) =>
  shot(5, { ok: false, status, why });
const shots = (count: number, ms: number) => Array.from({ length: count }, () => shot(ms));
const measured = (list: Shot[], change: Partial<Measurement> = {}): Measurement => ({
  path: "/x",
  planned: 100,
  shots: list,
  ...change,
});

describe("nearestRank", () => {
  it.each([
    { percent: 50, of: 100, value: 50 },
    { percent: 95, of: 100, value: 95 },
    { percent: 99, of: 100, value: 99 },
    { percent: 95, of: 20, value: 19 },
    { percent: 99, of: 20, value: 20 },
    { percent: 50, of: 1, value: 1 },
    { percent: 7, of: 100, value: 7 },
    { percent: 100, of: 3, value: 3 },
  ])("p$percent of 1..$of is $value", ({ percent, of, value }) =>
    expect(
      nearestRank(
        Array.from({ length: of }, (_, i) => i + 1),
        percent,
      ),
    ).toBe(value),
  );

  it("is the smallest value that so many do not exceed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 100 }),
        (list, percent) => {
          const sorted = list.sort((a, b) => a - b);
          const value = nearestRank(sorted, percent);
          const within = (limit: number) => sorted.filter((one) => one <= limit).length * 100;
          expect(within(value)).toBeGreaterThanOrEqual(percent * sorted.length);
          const smaller = sorted.filter((one) => one < value).at(-1);
          if (smaller !== undefined) expect(within(smaller)).toBeLessThan(percent * sorted.length);
        },
      ),
    );
  });
});

describe("waited", () => {
  it("counts a failure as endless, however quick it was", () => {
    expect(waited([...shots(98, 10), failure(), failure()])).toEqual({
      p50: 10,
      p95: 10,
      p99: Number.POSITIVE_INFINITY,
    });
  });
  it("is endless when nothing was taken", () => expect(waited([]).p50).toBe(Number.POSITIVE_INFINITY));
});

describe("judgePath", () => {
  const limits = { p95: 50, p99: 100 };
  it.each([
    { name: "all in time", list: shots(100, 10), outcome: "pass", saw: /p95 10 of 50 ms, p99 10 of 100 ms/ },
    {
      name: "exactly at the limit",
      list: [...shots(95, 50), ...shots(5, 100)],
      outcome: "pass",
      saw: /p95 50/,
    },
    {
      name: "just over it",
      list: [...shots(95, 50.1), ...shots(5, 60)],
      outcome: "fail",
      saw: /p95 50.1 of 50/,
    },
    {
      name: "a slow hundredth is allowed",
      list: [...shots(99, 10), shot(9_000)],
      outcome: "pass",
      saw: /p99 10/,
    },
    {
      name: "two slow hundredths are not",
      list: [...shots(98, 10), ...shots(2, 9_000)],
      outcome: "fail",
      saw: /p99 9000/,
    },
    {
      name: "one failure in a hundred is allowed, and told",
      list: [...shots(99, 10), failure()],
      outcome: "pass",
      saw: /1 of 100 failed \(1 × 500\)/,
    },
    {
      name: "two are not",
      list: [...shots(98, 1), failure(), failure(null, "time-out")],
      outcome: "fail",
      saw: /2 of 100 requests failed \(1 × 500, 1 × time-out\)/,
    },
    {
      name: "nothing but refusals",
      list: Array.from({ length: 2 }, () => failure(401)),
      outcome: "fail",
      saw: /2 × 401/,
      fix: /bearer/,
    },
    {
      name: "limited",
      list: Array.from({ length: 2 }, () => failure(429)),
      outcome: "fail",
      saw: /429/,
      fix: /probe_header/,
    },
    {
      name: "too few for p99",
      list: shots(99, 1),
      outcome: "error",
      saw: /99 samples are too few to tell a p99/,
    },
    { name: "none at all", list: [], outcome: "error", saw: /0 samples/ },
  ] as const)("$name: $outcome", ({ list, outcome, saw, ...rest }) => {
    const finding = judgePath(measured([...list]), limits, settings);
    expect(finding.outcome).toBe(outcome);
    expect(finding.saw).toMatch(saw);
    if ("fix" in rest) expect(finding.fix).toMatch(rest.fix);
    expect(JSON.parse(JSON.stringify(finding))).toEqual(finding);
  });

  it("needs no hundred samples where no p99 is limited", () => {
    expect(judgePath(measured(shots(20, 10)), { p95: 50 }, settings).outcome).toBe("pass");
    expect(judgePath(measured(shots(19, 10)), { p95: 50 }, settings).outcome).toBe("error");
  });

  it("is inconclusive when only our own lateness missed the limit", () => {
    const late = Array.from({ length: 100 }, () => shot(70, { lateMs: 65 }));
    const finding = judgePath(measured(late), limits, settings);
    expect(finding).toMatchObject({ outcome: "error", evidence: { inconclusive: true, late_ms: 65 } });
    expect(judge([{ ...finding, ms: 1 }]).kind).toBe("inconclusive");
  });

  it("fails when the service was slow as well as we were late", () => {
    const late = Array.from({ length: 100 }, () => shot(170, { lateMs: 65 }));
    expect(judgePath(measured(late), limits, settings).outcome).toBe("fail");
  });

  it("never gets better by a failure or by a slower answer", () => {
    const rank = { pass: 0, warn: 0, error: 1, fail: 2 };
    const times = fc.array(fc.nat(150), { minLength: 100, maxLength: 100 });
    fc.assert(
      fc.property(times, fc.nat(99), fc.boolean(), (list, worse, fails) => {
        const before = list.map((ms) => shot(ms));
        const after = before.map((one, i) => (i !== worse ? one : fails ? failure() : shot(one.ms + 200)));
        const judged = (all: Shot[]) => rank[judgePath(measured(all), limits, settings).outcome];
        expect(judged(after)).toBeGreaterThanOrEqual(judged(before));
      }),
    );
  });
});

describe("judge", () => {
  const finding = (outcome: Finding["outcome"], inconclusive = false): Finding => ({
    check: "c",
    title: "T",
    outcome,
    saw: "s",
    ms: 1,
    ...(inconclusive ? { evidence: { inconclusive } } : {}),
  });
  it.each([
    { of: [finding("pass"), finding("warn")], kind: "pass" },
    { of: [finding("pass"), finding("error", true)], kind: "inconclusive" },
    { of: [finding("error", true)], kind: "inconclusive" },
    { of: [finding("error", true), finding("error")], kind: "error" },
    { of: [finding("error", true), finding("fail")], kind: "fail" },
    { of: [finding("error"), finding("fail")], kind: "fail" },
    { of: [], kind: "inconclusive" },
  ])("$kind", ({ of, kind }) => expect(judge(of).kind).toBe(kind));
});
