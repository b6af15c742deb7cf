import { describe, expect, it } from "vitest";
import { healthy, releaseScenario } from "./release.world.js";

const minutes = 60_000;
const sick = { requests: 100, errors: 30, slow: { "500": 0 }, latency: [[60, 70]] } as const;
const nobody = { requests: 0, errors: 0 };

describe("blue-green", () => {
  it("warms green before it gets traffic, keeps blue warm, and ends on green", async () => {
    const scenario = releaseScenario({ strategy: "blue-green" });
    const { release, serving, kinds } = await scenario.run();
    expect(release?.state).toBe("released");
    expect(serving).toBe("dpl_1");
    expect(kinds.indexOf("green.warmed")).toBeLessThan(kinds.indexOf("traffic.shifting"));
    const [first, second, third, ...later] = scenario.knobs.touched;
    expect([first, second, third]).toEqual(Array(3).fill("http://dpl-1.localhost"));
    expect(new Set(later)).toEqual(new Set(["http://dpl-good.localhost"]));
    expect(later.length).toBeGreaterThan(5);
  });

  it("tells when blue no longer answers: the way back is not what it was", async () => {
    const scenario = releaseScenario({ strategy: "blue-green" });
    scenario.knobs.touch = { ok: false, saw: "answers 503", ms: 5 };
    expect((await scenario.run()).kinds).toContain("blue.not-answering");
  });

  it("goes back to blue when green does worse", async () => {
    const scenario = releaseScenario({ strategy: "blue-green" });
    scenario.knobs.looks = [{ ok: false, saw: "503", ms: 1 }];
    expect(await scenario.run()).toMatchObject({ serving: "dpl_good", release: { state: "rolled back" } });
  });
});

describe("canary", () => {
  it("goes through its steps on proof of health, and ends with all traffic on the new deployment", async () => {
    const scenario = releaseScenario({ strategy: "canary" });
    const { release, serving, entries } = await scenario.run();
    expect(release).toMatchObject({ state: "released", split: 1 });
    expect(serving).toBe("dpl_1");
    expect(entries.filter((e) => e.kind === "traffic.step").map((e) => e.data["split"])).toEqual([
      0.1, 0.25, 0.5, 0.75,
    ]);
    expect([...new Set(scenario.knobs.measured)]).toEqual([0.1, 0.25, 0.5, 0.75]);
    const verdicts = entries.filter((e) => e.kind === "analysis.verdict");
    expect(verdicts.map((e) => e.data["move"])).toEqual(["next", "next", "next", "next"]);
    expect(await scenario.platform.rollout()).toMatchObject({ state: "complete" });
  });

  it("takes a canary that fails back at its first step, within half a minute of judged traffic", async () => {
    const scenario = releaseScenario({ strategy: "canary", canary: { warm_up: "5s" } });
    scenario.knobs.arms = () => ({ canary: sick, stable: healthy });
    const { release, serving, entries } = await scenario.run();
    expect(release).toMatchObject({ state: "rolled back", split: 0, problem: { code: "ATM-512" } });
    expect(serving).toBe("dpl_good");
    expect(new Set(scenario.knobs.measured)).toEqual(new Set([0.1]));
    expect(scenario.knobs.measured.length).toBeLessThanOrEqual(8);
    const verdict = entries.find((e) => e.kind === "analysis.verdict");
    expect(verdict?.data).toMatchObject({ move: "roll back", report: { verdict: { kind: "fail" } } });
  });

  it("takes it back when it goes bad at a later step", async () => {
    const scenario = releaseScenario({ strategy: "canary" });
    scenario.knobs.arms = (split) => ({ canary: split >= 0.5 ? sick : healthy, stable: healthy });
    const { release, serving } = await scenario.run();
    expect(release?.problem?.happened).toContain("50 %");
    expect(serving).toBe("dpl_good");
  });

  it("excuses nothing by silence: without requests it is held, and then goes back", async () => {
    const scenario = releaseScenario({ strategy: "canary", canary: { bake: "1m", hold: "2m" } });
    scenario.knobs.arms = () => ({ canary: nobody, stable: nobody });
    const { release, serving } = await scenario.run();
    expect(release).toMatchObject({ state: "rolled back" });
    expect(release?.problem?.happened).toContain("only 0 of 200 requests were seen");
    expect(serving).toBe("dpl_good");
  });

  it("waits for a person before all traffic moves, and goes on when he approves", async () => {
    const scenario = releaseScenario({
      strategy: "canary",
      canary: { steps: [50, 100], approve: "before 100" },
    });
    const { release, entries } = await scenario.run(async () => {
      await scenario.clock.advance(8 * minutes);
      expect(scenario.platform.serving()).toBe("dpl_good");
      await scenario.approve();
    });
    expect(release?.state).toBe("released");
    expect(entries.find((e) => e.kind === "analysis.verdict")?.data["because"]).toContain("approved by ada");
  });

  it("stays armed while it waits for a person", async () => {
    const scenario = releaseScenario({
      strategy: "canary",
      canary: { steps: [50, 100], approve: "before 100" },
    });
    const from = scenario.clock.now() + 8 * minutes;
    scenario.knobs.arms = (_split, at) => ({ canary: at >= from ? sick : healthy, stable: healthy });
    expect(await scenario.run()).toMatchObject({ serving: "dpl_good", release: { state: "rolled back" } });
  });

  it("does not fight a person who ends the rollout by other means", async () => {
    const scenario = releaseScenario({ strategy: "canary" });
    scenario.knobs.arms = () => {
      if (scenario.knobs.measured.length === 3) void scenario.platform.rollBack("dpl_good", "by hand");
      return { canary: healthy, stable: healthy };
    };
    const { release, serving } = await scenario.run();
    expect(release).toMatchObject({ state: "failed", problem: { code: "ATM-506" } });
    expect(serving).toBe("dpl_good");
  });

  it("moves all traffic at once when there is nothing to compare with", async () => {
    const scenario = releaseScenario({ strategy: "canary", first: true });
    expect(await scenario.run()).toMatchObject({ serving: "dpl_1", release: { state: "released" } });
    expect(scenario.knobs.measured).toEqual([]);
  });

  it("can be aborted in a step, and gives the traffic back", async () => {
    const scenario = releaseScenario({ strategy: "canary" });
    const { release, serving } = await scenario.run(async () => {
      await scenario.clock.advance(90_000);
      expect(scenario.platform.share()).toBeGreaterThan(0);
      await scenario.abort();
    });
    expect(release?.state).toBe("rolled back");
    expect(serving).toBe("dpl_good");
    expect(await scenario.platform.rollout()).toMatchObject({ state: "aborted" });
  });
});

describe("kill -9 at any moment", () => {
  it.each([
    { name: "a good canary", canary: healthy, state: "released", serving: "dpl_1" },
    { name: "a bad canary", canary: sick, state: "rolled back", serving: "dpl_good" },
  ])(
    "of $name ends as if nothing had happened",
    async ({ canary, state, serving }) => {
      const quick = {
        steps: [50, 100],
        warm_up: "5s",
        step_minimum: "5s",
        watch: { duration: "10s", interval: "5s" },
      };
      const make = () => {
        const scenario = releaseScenario({ strategy: "canary", buildMs: 500, canary: quick });
        scenario.knobs.arms = () => ({ canary, stable: healthy });
        return scenario;
      };
      const steps = new Set<string>();
      await make().runAndDie((moment) => {
        steps.add(moment.step);
        return false;
      });
      expect(steps.size).toBeGreaterThan(25);
      for (const step of steps) {
        for (const when of ["before", "unwritten", "written"] as const) {
          const seen = await make().runAndDie((moment) => moment.step === step && moment.when === when);
          const where = `killed ${when} "${step}"`;
          expect({ state: seen.release?.state, serving: seen.serving }, where).toEqual({ state, serving });
          expect(seen.deployments, where).toBe(1);
        }
      }
    },
    120_000,
  );
});
