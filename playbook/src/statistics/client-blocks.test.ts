import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnalysis } from "./analysis.js";
import { type Outcome, openClientBlocks } from "./client-blocks.js";
import { tilt, upwards } from "./mathematics/kernel.js";
import type { Arm } from "./model.js";

const outcome = (change: Partial<Outcome>): Outcome => ({
  arm: "canary",
  client: "a",
  error: false,
  ms: 100,
  ...change,
});

describe("blocks by client", () => {
  it("count a client once, however much it asks, and by the share that failed", () => {
    const blocks = openClientBlocks({ slow: [500] });
    for (let i = 0; i < 30; i++)
      blocks.add(outcome({ client: "loop", error: true, ms: 900, tool: { error: true } }));
    for (let i = 0; i < 4; i++) blocks.add(outcome({ client: "calm", error: i === 0 }));
    blocks.add(outcome({ client: "third" }));
    const { canary, stable } = blocks.close(0, 10, 0.5);
    expect(canary).toMatchObject({
      requests: 3,
      errors: 1.25,
      slow: { "500": 1 },
      tools: { calls: 1, errors: 1 },
    });
    expect(canary.latency?.reduce((sum, [, count]) => sum + count, 0)).toBeCloseTo(2, 9);
    expect(stable.requests).toBe(0);
  });

  it("begin afresh with each block", () => {
    const blocks = openClientBlocks();
    blocks.add(outcome({ error: true }));
    blocks.close(0, 10, 0.5);
    expect(blocks.close(10_000, 10, 0.5).canary.requests).toBe(0);
  });

  it("leave a client that failed out for as many blocks as it has to rest", () => {
    const blocks = openClientBlocks({ rest: 2 });
    const seen = Array.from({ length: 7 }, (_, i) => {
      blocks.add(outcome({ client: "stuck", error: true }));
      blocks.add(outcome({ client: "fine" }));
      return blocks.close(10_000 * i, 10, 0.5).canary.errors;
    });
    expect(seen).toEqual([1, 0, 0, 1, 0, 0, 1]);
  });

  it("give buckets that an analysis takes, whoever asked what", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            arm: fc.constantFrom<Arm>("canary", "stable"),
            client: fc.string({ maxLength: 3 }),
            error: fc.boolean(),
            ms: fc.double({ min: 0, max: 90_000, noNaN: true }),
            tool: fc.record({ error: fc.boolean() }),
          }),
          { maxLength: 200 },
        ),
        (outcomes) => {
          const blocks = openClientBlocks({ slow: [500], groups: 16 });
          for (const one of outcomes) blocks.add(one);
          const bucket = blocks.close(0, 10, 0.5);
          expect(bucket.canary.requests).toBeLessThanOrEqual(16);
          const analysis = createAnalysis({
            guardrails: [{ kind: "relative_errors", id: "errors" }],
            warm_up_seconds: 0,
          });
          expect(() => analysis.observe(bucket)).not.toThrow();
        },
      ),
    ));

  it("are evidence: whatever a client's requests have to do with one another, the expectation stays at most 1", () =>
    fc.assert(
      fc.property(
        // How likely a client is to have each share of bad requests in a block.
        fc.array(
          fc.record({
            bad: fc.double({ min: 0, max: 1, noNaN: true }),
            weight: fc.integer({ min: 1, max: 9 }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...upwards),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (shares, clients, odds, above) => {
          const all = shares.reduce((sum, s) => sum + s.weight, 0);
          const mean = shares.reduce((sum, s) => sum + (s.bad * s.weight) / all, 0);
          const limit = Math.min(0.999, mean + above);
          fc.pre(limit > 0 && mean <= limit);
          // Clients are independent of one another, so the expectation of the product is the product of expectations.
          const one = shares.reduce(
            (sum, s) => sum + (s.weight / all) * Math.exp(tilt(s.bad, 1, limit, odds)),
            0,
          );
          expect(one ** clients).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    ));

  it("keep one looping client from failing a release that counts of requests would fail", () => {
    const judge = (byClient: boolean) => {
      const analysis = createAnalysis({
        guardrails: [{ kind: "relative_errors", id: "errors" }],
        profile: "strict",
        warm_up_seconds: 0,
        merge_requests: 0,
      });
      const blocks = openClientBlocks({ rest: 6 });
      for (let block = 0; block < 30; block++) {
        const all: Outcome[] = [
          ...Array.from({ length: 40 }, () => outcome({ client: "loop", error: true })),
          ...Array.from({ length: 100 }, (_, i) => outcome({ client: `canary ${i}` })),
          ...Array.from({ length: 100 }, (_, i) =>
            outcome({ arm: "stable", client: `stable ${i}`, error: i === 0 && block % 7 === 0 }),
          ),
        ];
        for (const one of all) blocks.add(one);
        const bucket = blocks.close(10_000 * block, 10, 0.5);
        const raw = {
          ...bucket,
          canary: { requests: 140, errors: 40 },
          stable: { requests: 100, errors: bucket.stable.errors },
        };
        analysis.observe(byClient ? bucket : raw);
      }
      return analysis.verdict.kind;
    };
    expect(judge(false)).toBe("fail");
    expect(judge(true)).not.toBe("fail");
  });
});
