import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binOf } from "../statistics/index.js";
import { type MeasuredOutcome, openBuckets } from "./buckets.js";

const span = { canary: "dpl_b", stable: "dpl_a", start: 10_000, seconds: 2, split: 0.1 };
const nothing = { requests: 0, errors: 0, slow: { "500": 0 }, latency: [] };

describe("the recorder", () => {
  it("puts each outcome into the second and the arm it belongs to", () => {
    const record = openBuckets([500]);
    record.add({ deployment: "dpl_a", at: 10_000, failed: false, ms: 20 });
    record.add({ deployment: "dpl_b", at: 10_999.9, failed: true, ms: 600 });
    record.add({ deployment: "dpl_b", at: 11_000, failed: false, ms: 500 });
    record.add({ deployment: "dpl_b", at: 12_000, failed: false, ms: 1 });
    record.add({ deployment: "dpl_c", at: 10_500, failed: true, ms: 1 });
    expect(record.buckets(span)).toEqual([
      {
        start: 10_000,
        seconds: 1,
        split: 0.1,
        stable: { requests: 1, errors: 0, slow: { "500": 0 }, latency: [[binOf(20), 1]] },
        canary: { requests: 1, errors: 1, slow: { "500": 1 }, latency: [] },
      },
      {
        start: 11_000,
        seconds: 1,
        split: 0.1,
        stable: nothing,
        canary: { requests: 1, errors: 0, slow: { "500": 0 }, latency: [[binOf(500), 1]] },
      },
    ]);
  });

  it("aligns seconds with its origin", () => {
    const record = openBuckets([], 400);
    record.add({ deployment: "dpl_a", at: 1_399, failed: false });
    record.add({ deployment: "dpl_a", at: 1_400, failed: false });
    const buckets = record.buckets({ ...span, start: 400 });
    expect(buckets.map((bucket) => bucket.stable.requests)).toEqual([1, 1]);
  });

  it("tells slow ones only where nearly all requests of the arm were timed", () => {
    const record = openBuckets([100]);
    for (let i = 0; i < 100; i++) {
      record.count("dpl_a", 10_000, false);
      record.count("dpl_b", 10_000, false);
      record.time("dpl_a", 10_000, 200, false);
      if (i < 94) record.time("dpl_b", 10_000, 200, false);
    }
    const [first] = record.buckets(span);
    expect(first?.stable.slow).toEqual({ "100": 100 });
    expect(first?.canary.slow).toBeUndefined();
    expect(first?.canary.latency).toEqual([[binOf(200), 94]]);
  });

  it("never tells of more slow ones than requests", () => {
    const record = openBuckets([100]);
    record.count("dpl_a", 10_000, false);
    record.time("dpl_a", 10_000, 200, false);
    record.time("dpl_a", 10_001, 200, false);
    expect(record.buckets(span)[0]?.stable.slow).toEqual({ "100": 1 });
  });

  it("takes timed requests for requests where it is told to", () => {
    const record = openBuckets([100]);
    record.time("dpl_a", 10_000, 200, true);
    record.time("dpl_a", 10_000, 20, false);
    expect(record.buckets(span)[0]?.stable.requests).toBe(0);
    expect(record.buckets(span, "durations")[0]?.stable).toEqual({
      requests: 2,
      errors: 1,
      slow: { "100": 1 },
      latency: [[binOf(20), 1]],
    });
  });

  it("counts a limit that is added later from then on, and says nothing about before", () => {
    const record = openBuckets([100]);
    record.add({ deployment: "dpl_a", at: 10_000, failed: false, ms: 900 });
    record.watchSlow([100, 500]);
    record.add({ deployment: "dpl_a", at: 11_000, failed: false, ms: 900 });
    expect(record.buckets(span).map((bucket) => bucket.stable.slow)).toEqual([
      { "100": 1 },
      { "100": 1, "500": 1 },
    ]);
  });

  it("tells of tools in all buckets or in none", () => {
    const record = openBuckets([]);
    record.count("dpl_a", 10_000, false);
    expect(record.buckets(span)[0]?.stable).toEqual({ requests: 1, errors: 0 });
    record.call("dpl_b", 11_000, true);
    expect(record.buckets(span).map((bucket) => [bucket.stable.tools, bucket.canary.tools])).toEqual([
      [
        { calls: 0, errors: 0 },
        { calls: 0, errors: 0 },
      ],
      [
        { calls: 0, errors: 0 },
        { calls: 1, errors: 1 },
      ],
    ]);
  });

  it("makes a request fail afterwards, but no more than there were", () => {
    const record = openBuckets([]);
    record.count("dpl_a", 10_000, false);
    record.fail("dpl_a", 10_100);
    record.fail("dpl_a", 10_200);
    expect(record.buckets(span)[0]?.stable).toEqual({ requests: 1, errors: 1 });
  });

  it("forgets", () => {
    const record = openBuckets([]);
    for (const deployment of ["dpl_a", "dpl_b"])
      for (const at of [10_000, 11_000]) record.count(deployment, at, false);
    record.forget(11_000, ["dpl_b"]);
    expect(record.buckets(span).map((bucket) => [bucket.stable.requests, bucket.canary.requests])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  const outcome: fc.Arbitrary<MeasuredOutcome> = fc.record(
    {
      deployment: fc.constantFrom("dpl_a", "dpl_b", "dpl_c"),
      at: fc.integer({ min: 5_000, max: 20_000 }),
      failed: fc.boolean(),
      ms: fc.double({ min: 0, max: 100_000, noNaN: true }),
      tool: fc.record({ failed: fc.boolean() }),
    },
    { requiredKeys: ["deployment", "at", "failed", "ms"] },
  );

  it("loses nothing and invents nothing", () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 200 }), fc.integer({ min: 1, max: 12 }), (all, seconds) => {
        const record = openBuckets([50, 500]);
        for (const one of all) record.add(one);
        const buckets = record.buckets({ ...span, seconds });
        expect(buckets).toHaveLength(seconds);
        for (const [arm, deployment] of [["canary", "dpl_b"] as const, ["stable", "dpl_a"] as const]) {
          const own = all.filter(
            (one) => one.deployment === deployment && one.at >= 10_000 && one.at < 10_000 + seconds * 1_000,
          );
          const sum = (of: (counts: (typeof buckets)[number]["canary"]) => number) =>
            buckets.reduce((so, bucket) => so + of(bucket[arm]), 0);
          expect(sum((c) => c.requests)).toBe(own.length);
          expect(sum((c) => c.errors)).toBe(own.filter((one) => one.failed).length);
          expect(sum((c) => c.slow?.["500"] ?? 0)).toBe(own.filter((one) => (one.ms ?? 0) > 500).length);
          expect(sum((c) => (c.latency ?? []).reduce((so, [, count]) => so + count, 0))).toBe(
            own.filter((one) => !one.failed).length,
          );
          expect(sum((c) => c.tools?.calls ?? 0)).toBe(own.filter((one) => one.tool !== undefined).length);
        }
        expect(JSON.parse(JSON.stringify(buckets))).toEqual(buckets);
      }),
    );
  });
});
