import { describe, expect, it } from "vitest";
import { createAnalysis } from "./analysis.js";
import { binOf } from "./mathematics/bins.js";
import type { AnalysisSettings, ArmCounts } from "./model.js";

// A small simulation with a fixed seed: whole releases with four guardrails, a look every second, traffic that grows in
// steps, and disturbances that both arms share. bench/canary.mjs has the large ones.

/** mulberry32: small, and good enough for a few million draws. */
function seeded(seed: number) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const settings: AnalysisSettings = {
  guardrails: [
    { kind: "errors", id: "errors", limit: 0.02 },
    { kind: "slow", id: "slow", over: 500 },
    { kind: "relative_errors", id: "errors-against-stable", ratio: 1, plus: 0 },
    { kind: "relative_latency", id: "latency-against-stable", tolerance: 0 },
  ],
  false_alarms: 0.1,
  profile: "strict",
  warm_up_seconds: 0,
  step_seconds: 0,
  merge_requests: 0,
};

const seconds = 240;
const perSecond = 40;

/** @returns The second of the alarm; null where there was none. */
function release(seed: number, fault: { errors: number; slower: number }): number | null {
  const random = seeded(seed);
  const analysis = createAnalysis(settings);
  for (let s = -20; s < seconds; s++) {
    const split = s < 0 ? 0 : ([0.1, 0.25, 0.5, 0.75][Math.floor((4 * s) / seconds)] as number);
    const shared = random() < 0.03 ? { errors: 0.02, slower: 2 } : { errors: 0.01, slower: 1 };
    const arms = { canary: empty(), stable: empty() };
    const requests = Math.floor(perSecond * (0.5 + random()));
    for (let i = 0; i < requests; i++) {
      const canary = random() < split;
      const arm = canary ? arms.canary : arms.stable;
      arm.requests++;
      if (random() < shared.errors * (canary ? fault.errors : 1)) {
        arm.errors++;
        continue;
      }
      // Sum of uniforms: close enough to a bell for latencies.
      const bell = random() + random() + random() + random() - 2;
      const ms = 100 * Math.exp(bell) * shared.slower * (canary ? fault.slower : 1);
      if (ms > 500) arm.slow["500"]++;
      arm.latency.push([binOf(ms), 1]);
    }
    if (analysis.observe({ start: 1_000 * s, seconds: 1, split, ...arms }).kind === "fail") return s;
  }
  return null;
}
const empty = () =>
  ({ requests: 0, errors: 0, slow: { "500": 0 }, latency: [] as [number, number][] }) satisfies ArmCounts;

describe("simulated releases", () => {
  it("are failed without cause less often than the budget of 10% says", () => {
    const runs = 150;
    const alarms = Array.from({ length: runs }, (_, i) => release(1 + i, { errors: 1, slower: 1 })).filter(
      (second) => second !== null,
    );
    // More than 23 of 150 would happen once in fifty at exactly 10 %.
    expect(alarms.length).toBeLessThanOrEqual(23);
  });

  it.each([
    { name: "fail five times as often", fault: { errors: 5, slower: 1 }, within: 120 },
    { name: "are half as slow again", fault: { errors: 1, slower: 1.5 }, within: 60 },
  ])("are failed when they $name", ({ fault, within }) => {
    for (let i = 0; i < 10; i++) {
      const second = release(10_000 + i, fault);
      expect(second).not.toBeNull();
      expect(second).toBeLessThan(within);
    }
  });
});
