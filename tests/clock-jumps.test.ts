import { describe, expect, it } from "vitest";
import { healthy, releaseScenario } from "./release.world.js";

const hour = 3_600_000;
const quick = {
  steps: [50, 100],
  warm_up: "5s",
  step_minimum: "5s",
  watch: { duration: "10s", interval: "5s" },
};
const bad = { requests: 100, errors: 60, slow: { "500": 0 }, latency: [[60, 100]] } as typeof healthy;

const kinds = [
  { strategy: "standard", candidate: "good" },
  { strategy: "standard", candidate: "bad" },
  { strategy: "blue-green", candidate: "good" },
  { strategy: "canary", candidate: "good" },
  { strategy: "canary", candidate: "bad" },
] as const;

function make({ strategy, candidate }: (typeof kinds)[number]) {
  const scenario = releaseScenario({ strategy, buildMs: 500, canary: quick });
  if (candidate === "bad") {
    scenario.knobs.looks = [
      { ok: true, saw: "well", ms: 2 },
      { ok: false, saw: "answers 500", ms: 2 },
    ];
    scenario.knobs.arms = () => ({ canary: bad, stable: healthy });
  }
  return scenario;
}

/** Runs a release whose wall clock is set before one step. */
async function jumped(kind: (typeof kinds)[number], at: string | undefined, ms: number) {
  const scenario = make(kind);
  const steps = new Set<string>();
  const seen = await scenario.runAndWatch((step) => {
    if (step === at && !steps.has(step)) scenario.clock.jump(ms);
    steps.add(step);
  });
  const { serving, deployments, kinds: told, release } = seen;
  return {
    steps: [...steps],
    tookMs: scenario.clock.monotonic(),
    so: {
      state: release?.state,
      serving,
      deployments,
      share: scenario.platform.share(),
      told: [...new Set(told)].sort(),
    },
    looks: [...steps].filter((step) => step.startsWith("look ")).length,
  };
}

describe.each(kinds)("a $strategy release of a $candidate deployment", (kind) => {
  it("ends as if nothing had happened, and no later, when the clock is set back at any step", {
    timeout: 180_000,
  }, async () => {
    const undisturbed = await jumped(kind, undefined, 0);
    expect(undisturbed.steps.length).toBeGreaterThan(20);
    for (const step of undisturbed.steps) {
      const { so, tookMs, looks } = await jumped(kind, step, -2 * hour);
      const where = `two hours back before "${step}"`;
      expect(so, where).toEqual(undisturbed.so);
      expect(tookMs, where).toBeLessThan(undisturbed.tookMs + 60_000);
      expect(looks, where).toBeGreaterThanOrEqual(undisturbed.looks);
    }
  });

  it("is never taken for watched when the clock is set forward at any step", {
    timeout: 180_000,
  }, async () => {
    const undisturbed = await jumped(kind, undefined, 0);
    const ends = new Set<string>();
    for (const step of undisturbed.steps) {
      const { so, tookMs, looks } = await jumped(kind, step, 2 * hour);
      const where = `two hours forward before "${step}"`;
      ends.add(String(so.state));
      // 1: a staged shift that was completed.
      expect([0, 1], where).toContain(so.share);
      expect(so.deployments, where).toBeLessThanOrEqual(1);
      expect(tookMs, where).toBeLessThan(undisturbed.tookMs + 60_000);
      // A phase whose time is up by the clock goes back to the last good deployment; what is released was watched.
      if (so.state === "released") {
        expect(kind.candidate, where).toBe("good");
        expect(looks, where).toBeGreaterThanOrEqual(undisturbed.looks - 1);
        expect(so.serving, where).toBe("dpl_1");
      } else expect(so.serving, where).toBe("dpl_good");
    }
    expect(ends.has("released")).toBe(kind.candidate === "good");
  });
});
