import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../terms/index.js";
import { createAnalysis } from "./analysis.js";
import { binOf } from "./mathematics/bins.js";
import type { AnalysisSettings, ArmCounts, Bucket, Guardrail } from "./model.js";
import { guardrailDefaults } from "./model.js";
import { GuardrailSettings } from "./recording.js";

const guardrails: Guardrail[] = [
  { kind: "errors", id: "errors" },
  { kind: "slow", id: "slow", over: 500 },
  { kind: "relative_errors", id: "errors-against-stable" },
  { kind: "relative_latency", id: "latency-against-stable" },
];
const quick = { profile: "strict", warm_up_seconds: 0, step_seconds: 0 } as const;
const settings: AnalysisSettings = { guardrails, ...quick };

/** A hundred requests a second in all, without any chance: the rates come out exactly, spread over the seconds. */
function arm(
  second: number,
  requests: number,
  change: { errors?: number; ms?: number; slow?: number } = {},
): ArmCounts {
  const { errors = 0, ms = 100, slow = 0 } = change;
  const due = (share: number) =>
    Math.floor((second + 1) * requests * share) - Math.floor(second * requests * share);
  const [failed, late] = [due(errors), due(slow)];
  return {
    requests,
    errors: failed,
    slow: { "500": late },
    latency: [
      [binOf(ms), requests - failed - late],
      [binOf(900), late],
    ],
    tools: { calls: requests, errors: failed },
  };
}
const bucket = (second: number, canary: ArmCounts, stable: ArmCounts, split = 0.5): Bucket => ({
  start: 1_000 * second,
  seconds: 1,
  split,
  canary,
  stable,
});
type Fault = Parameters<typeof arm>[2];
/** Runs until a verdict other than inconclusive, and says when. */
function run(given: AnalysisSettings, canary: Fault, stable: Fault = {}, seconds = 900) {
  const analysis = createAnalysis(given);
  for (let s = 0; s < seconds; s++) {
    const verdict = analysis.observe(bucket(s, arm(s, 50, canary), arm(s, 50, stable)));
    if (verdict.kind !== "inconclusive") return { verdict, seconds: s + 1, report: analysis.report() };
  }
  return { verdict: analysis.verdict, seconds, report: analysis.report() };
}
const only = (guardrail: Guardrail): AnalysisSettings => ({ guardrails: [guardrail], ...quick });

describe("what each guardrail sees", () => {
  it.each([
    { guardrail: guardrails[0] as Guardrail, canary: { errors: 0.05 }, stable: { errors: 0.05 } },
    { guardrail: guardrails[1] as Guardrail, canary: { slow: 0.2 }, stable: { slow: 0.2 } },
    { guardrail: guardrails[2] as Guardrail, canary: { errors: 0.008 }, stable: { errors: 0.002 } },
    { guardrail: guardrails[3] as Guardrail, canary: { ms: 150 }, stable: {} },
    { guardrail: guardrails[3] as Guardrail, canary: { slow: 0.05 }, stable: { slow: 0.005 } },
    { guardrail: { kind: "errors", id: "tools", of: "tool_calls" }, canary: { errors: 0.05 }, stable: {} },
    {
      guardrail: { kind: "relative_errors", id: "tools", of: "tool_calls" },
      canary: { errors: 0.02 },
      stable: {},
    },
    {
      guardrail: { kind: "both", id: "both", all: [guardrails[0], guardrails[2]] as Guardrail[] },
      canary: { errors: 0.05 },
      stable: {},
    },
  ] satisfies { guardrail: Guardrail; canary: Fault; stable: Fault }[])(
    "$guardrail.id fails $canary beside $stable",
    ({ guardrail, canary, stable }) => {
      const { verdict, report } = run(only(guardrail), canary, stable);
      expect(verdict.kind).toBe("fail");
      expect(report.pValue).toBeLessThanOrEqual(0.01);
      expect(report.guardrails[0]?.evidence.alone).toBe(true);
    },
  );

  it.each([
    { guardrail: guardrails[0] as Guardrail, canary: { errors: 0.001 }, stable: {} },
    { guardrail: guardrails[1] as Guardrail, canary: { slow: 0.01 }, stable: {} },
    { guardrail: guardrails[2] as Guardrail, canary: { errors: 0.02 }, stable: { errors: 0.02 } },
    { guardrail: guardrails[3] as Guardrail, canary: { ms: 104, slow: 0.02 }, stable: { slow: 0.02 } },
    {
      guardrail: { kind: "both", id: "both", all: [guardrails[0], guardrails[2]] as Guardrail[] },
      canary: { errors: 0.001 },
      stable: { errors: 0.001 },
    },
  ] satisfies { guardrail: Guardrail; canary: Fault; stable: Fault }[])(
    "$guardrail.id passes $canary beside $stable",
    ({ guardrail, canary, stable }) =>
      expect(run(only(guardrail), canary, stable).verdict).toEqual({ kind: "pass" }),
  );

  it("excuses an outage of both arms when both limits have to be broken", () => {
    const both: Guardrail = { kind: "both", id: "both", all: [guardrails[0], guardrails[2]] as Guardrail[] };
    expect(run(only(both), { errors: 0.05 }, { errors: 0.05 }).verdict.kind).not.toBe("fail");
  });

  it("never passes on silence", () => {
    const silent = createAnalysis(settings);
    for (let s = 0; s < 600; s++) {
      const verdict = silent.observe(bucket(s, { requests: 0, errors: 0 }, arm(s, 100)));
      expect(verdict.kind).toBe("inconclusive");
    }
  });

  it("never passes what it was not shown", () => {
    const unseen = createAnalysis(only(guardrails[1] as Guardrail));
    for (let s = 0; s < 600; s++) {
      const verdict = unseen.observe(bucket(s, { requests: 50, errors: 0 }, { requests: 50, errors: 0 }));
      expect(verdict.kind).toBe("inconclusive");
    }
    expect(unseen.report().notes).toContainEqual(expect.stringContaining("nothing was counted"));
  });
});

describe("one release", () => {
  it("is failed within seconds when a fifth of its requests fails", () => {
    const { verdict, seconds, report } = run(settings, { errors: 0.2 });
    expect(verdict.kind).toBe("fail");
    expect(seconds).toBeLessThanOrEqual(2);
    expect(report.failedAt).toBe(seconds * 1_000);
    expect((verdict as { because: string }).because).toMatch(/^errors: requests that failed: 20% of \d+/);
  });

  it("takes a second block when no ten seconds alone may decide", () => {
    const { verdict, seconds } = run({ ...settings, profile: "robust" }, { errors: 0.2 });
    expect(verdict.kind).toBe("fail");
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThanOrEqual(13);
  });

  it("is not failed by two failures, however telling", () => {
    const analysis = createAnalysis(only({ kind: "errors", id: "errors", limit: 1e-6 }));
    const failing = (errors: number) => ({ requests: 50, errors });
    analysis.observe(bucket(0, failing(2), failing(0)));
    expect(analysis.verdict.kind).toBe("inconclusive");
    expect(analysis.report().notes[0]).toContain("3 bad events of the canary are needed");
    expect(analysis.observe(bucket(1, failing(1), failing(0))).kind).toBe("fail");
  });

  it("stays failed", () => {
    const analysis = createAnalysis(settings);
    for (let s = 0; s < 5; s++) analysis.observe(bucket(s, arm(s, 50, { errors: 0.3 }), arm(s, 50)));
    const failed = analysis.verdict;
    for (let s = 5; s < 300; s++) analysis.observe(bucket(s, arm(s, 50), arm(s, 50)));
    analysis.beginStep(1);
    expect(failed.kind).toBe("fail");
    expect(analysis.verdict).toEqual(failed);
    expect(analysis.report().pValue).toBeLessThanOrEqual(0.01);
  });

  it("earns its pass in every step, and carries evidence of harm along", () => {
    const analysis = createAnalysis(settings);
    for (let s = 0; s < 60; s++) analysis.observe(bucket(s, arm(s, 50), arm(s, 50)));
    expect(analysis.verdict.kind).toBe("pass");
    const before = analysis.report().logE;
    expect(analysis.beginStep(0.75).kind).toBe("inconclusive");
    expect(analysis.report().logE).toBe(before);
  });

  it("is watched for the shortest time of a step, however healthy", () => {
    const { verdict, seconds } = run({ ...settings, step_seconds: 60 }, {});
    expect([verdict.kind, seconds]).toEqual(["pass", 60]);
  });

  it("leaves the warm-up out", () => {
    const analysis = createAnalysis({ ...settings, warm_up_seconds: 30 });
    for (let s = 0; s < 10; s++) analysis.observe(bucket(s, { requests: 0, errors: 0 }, arm(s, 100), 0));
    for (let s = 10; s < 40; s++) analysis.observe(bucket(s, arm(s, 50, { errors: 0.5 }), arm(s, 50)));
    expect(analysis.report()).toMatchObject({
      verdict: { kind: "inconclusive" },
      logE: 0,
      requests: { canary: 0, stable: 0 },
      notJudged: { canary: 1_500, stable: 2_500 },
    });
    for (let s = 40; s < 100; s++) analysis.observe(bucket(s, arm(s, 50), arm(s, 50)));
    expect(analysis.verdict.kind).toBe("pass");
  });

  it("says when the canary gets far less than was meant for it", () => {
    const analysis = createAnalysis(settings);
    for (let s = 0; s < 10; s++) analysis.observe(bucket(s, arm(s, 5), arm(s, 95)));
    expect(analysis.report().notes).toContainEqual(expect.stringContaining("hanging or dropping"));
  });

  it("says when failures come in clusters", () => {
    const analysis = createAnalysis(only(guardrails[2] as Guardrail));
    for (let s = 0; s < 600; s++) {
      const burst = (at: number) => ({ requests: 50, errors: s % 40 === at ? 5 : 0 });
      analysis.observe(bucket(s, burst(3), burst(23)));
    }
    expect(analysis.report().guardrails[0]?.dispersion).toBeGreaterThan(2);
    expect(analysis.report().notes).toContainEqual(expect.stringContaining("come in clusters"));
  });

  it("counts small buckets together, but never across a change of the split", () => {
    const analysis = createAnalysis({ ...settings, merge_requests: 50, merge_seconds: 10 });
    const small = (s: number, split: number) => bucket(s, arm(s, 1), arm(s, 4), split);
    for (let s = 0; s < 4; s++) analysis.observe(small(s, 0.2));
    expect(analysis.report()).toMatchObject({ seconds: 0, notJudged: { canary: 4, stable: 16 } });
    analysis.observe(small(4, 0.5));
    expect(analysis.report()).toMatchObject({ seconds: 4, requests: { canary: 4, stable: 16 } });
    analysis.flush();
    expect(analysis.report()).toMatchObject({ seconds: 5, notJudged: { canary: 0, stable: 0 } });
  });

  it("gives a verdict that the book's terms understand", () => {
    const verdict: Verdict = createAnalysis(settings).verdict;
    expect(verdict.kind).toBe("inconclusive");
  });
});

const counts = fc
  .record({
    requests: fc.nat(200),
    bad: fc.double({ min: 0, max: 1, noNaN: true }),
    ms: fc.integer({ min: 1, max: 2000 }),
  })
  .map(({ requests, bad, ms }): ArmCounts => {
    const errors = Math.floor(requests * bad * bad);
    return {
      requests,
      errors,
      slow: { "500": ms > 500 ? requests : 0 },
      latency: [[binOf(ms), requests - errors]],
      tools: { calls: requests, errors },
    };
  });
const buckets = fc
  .array(fc.record({ canary: counts, stable: counts, split: fc.constantFrom(0.1, 0.5), gap: fc.nat(3) }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((list) => {
    let start = 0;
    return list.map(({ gap, ...rest }) => {
      start += 1_000 * gap;
      const one: Bucket = { start, seconds: 1, ...rest };
      start += 1_000;
      return one;
    });
  });

describe("an analysis, whatever comes", () => {
  const profiles = fc.constantFrom("strict" as const, "robust" as const);

  it("goes on from a snapshot as if it had never stopped", () =>
    fc.assert(
      fc.property(buckets, profiles, fc.nat(29), fc.nat(3), (list, profile, cut, warm) => {
        const given: AnalysisSettings = { ...settings, profile, warm_up_seconds: warm };
        const whole = createAnalysis(given);
        let parts = createAnalysis(given);
        list.forEach((one, i) => {
          if (i === cut) parts = createAnalysis(given, JSON.parse(JSON.stringify(parts.snapshot())));
          whole.observe(one);
          parts.observe(one);
        });
        expect(parts.report()).toEqual(whole.report());
        expect(parts.snapshot()).toEqual(whole.snapshot());
      }),
      { numRuns: 40 },
    ));

  it("has finite evidence, shares that sum to one, and intervals around its estimates", () =>
    fc.assert(
      fc.property(buckets, profiles, (list, profile) => {
        const analysis = createAnalysis({ ...settings, profile });
        for (const one of list) analysis.observe(one);
        const report = analysis.report();
        expect(Number.isFinite(report.logE)).toBe(true);
        expect(report.guardrails.reduce((sum, g) => sum + g.evidence.share, 0)).toBeCloseTo(1, 9);
        for (const { measures, evidence } of report.guardrails) {
          expect(evidence.pValue).toBeGreaterThanOrEqual(0);
          expect(evidence.maxLogE).toBeGreaterThanOrEqual(evidence.logE);
          for (const estimate of measures.flatMap((m) => [m.canary, m.stable])) {
            if (estimate === null) continue;
            expect(estimate.low).toBeLessThanOrEqual(estimate.value);
            expect(estimate.high).toBeGreaterThanOrEqual(estimate.value);
          }
        }
      }),
      { numRuns: 60 },
    ));

  it("never blames a canary that answers exactly as stable does", () =>
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 60 }), profiles, (list, profile) => {
        const analysis = createAnalysis({ guardrails: guardrails.slice(2), ...quick, profile });
        list.forEach((one, s) => {
          analysis.observe(bucket(s, one, one));
        });
        expect(analysis.verdict.kind).not.toBe("fail");
      }),
      { numRuns: 60 },
    ));

  it("keeps its state small, however long it runs", () => {
    const analysis = createAnalysis(settings);
    const size = (from: number, until: number) => {
      for (let s = from; s < until; s++)
        analysis.observe(bucket(s, arm(s, 50, { errors: 0.001 }), arm(s, 50)));
      return JSON.stringify(analysis.snapshot()).length;
    };
    const early = size(0, 500);
    expect(size(500, 3_000)).toBeLessThan(early * 1.2);
  });
});

describe("what cannot be is refused", () => {
  const good = bucket(0, arm(0, 10), arm(0, 10));
  it.each([
    ["no guardrail", { guardrails: [] }],
    ["two of one name", { guardrails: [guardrails[0], guardrails[0]] }],
    ["a limit of nothing", { guardrails: [{ kind: "errors", id: "e", limit: 0 }] }],
    ["a budget of everything", { guardrails, false_alarms: 1 }],
    ["a dispersion below one", { guardrails: [{ kind: "errors", id: "e", dispersion: 0.5 }] }],
    ["a ratio below one", { guardrails: [{ kind: "relative_errors", id: "e", ratio: 0.5 }] }],
    ["half of a both", { guardrails: [{ kind: "both", id: "b", all: [guardrails[0]] }] }],
  ])("%s", (_, given) => expect(() => createAnalysis(given as AnalysisSettings)).toThrow(RangeError));

  it.each([
    ["more errors than requests", { ...good, canary: { requests: 1, errors: 2 } }],
    ["a negative count", { ...good, stable: { requests: -1, errors: 0 } }],
    ["a bin that is none", { ...good, canary: { requests: 1, errors: 0, latency: [[226, 1]] } }],
    ["a split over one", { ...good, split: 1.2 }],
    ["no length", { ...good, seconds: 0 }],
    ["an earlier bucket", { ...good, start: -500 }],
  ])("%s", (_, given) => {
    const analysis = createAnalysis(settings);
    analysis.observe({ ...good, start: -1_000 });
    expect(() => analysis.observe(given as Bucket)).toThrow(RangeError);
  });
});

it("the file's defaults are the code's", () => {
  for (const [kind, defaults] of Object.entries(guardrailDefaults))
    expect(
      GuardrailSettings.parse({ kind, id: "x", ...(kind === "slow" ? { over: 500 } : {}) }),
    ).toMatchObject(defaults);
});
