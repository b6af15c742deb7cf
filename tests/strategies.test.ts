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

  it("goes through the whole of it in order, and leaves blue warm behind", async () => {
    const scenario = releaseScenario({ strategy: "blue-green" });
    const { kinds, entries } = await scenario.run();
    const order = [
      "contract.compared",
      "green.warmed",
      "traffic.shifting",
      "traffic.shifted",
      "watch.passed",
      "deployment.proven",
      "blue.kept-warm",
    ];
    expect(kinds.filter((kind) => order.includes(kind))).toEqual(order);
    const checked = entries.findIndex(
      (one) => one.kind === "check.finished" && one.data["phase"] === "validate",
    );
    expect(checked).toBeLessThan(kinds.indexOf("green.warmed"));
    expect(scenario.knobs.retired).toMatchObject([
      { green: "dpl_1", blue: { id: "dpl_good" }, settings: { policy: "stop" } },
    ]);
  });

  it("hands nothing over when it went back, or when there was no blue", async () => {
    const sick = releaseScenario({ strategy: "blue-green" });
    sick.knobs.looks = [{ ok: false, saw: "503", ms: 1 }];
    await sick.run();
    const first = releaseScenario({ strategy: "blue-green", first: true });
    expect((await first.run()).release?.state).toBe("released");
    expect([...sick.knobs.retired, ...first.knobs.retired]).toEqual([]);
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
    expect([...new Set(scenario.knobs.measured)]).toEqual([0.1, 0.25, 0.5, 0.75, 1]);
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

  it("sends its own requests where the source is silent, so that there is a verdict without traffic", async () => {
    const scenario = releaseScenario({
      strategy: "canary",
      canary: { source: "drain", no_data: "probe", silence: "20s", steps: [0, 50, 100] },
    });
    scenario.knobs.arms = (_split, _at, probing) => {
      const counts = probing ? healthy : nobody;
      return { canary: counts, stable: counts };
    };
    const { release, entries } = await scenario.run();
    expect(release?.state).toBe("released");
    const silent = entries.filter((e) => e.kind === "analysis.silent").map((e) => e.data);
    expect(silent).toMatchObject([
      { step: 1, split: 0, because: "drain told of no request of the new deployment" },
      { step: 2, split: 0.5, because: "drain told of no request of the new deployment" },
    ]);
    expect(silent[0]?.["ms"]).toBeLessThan(6_000);
    expect(silent[1]?.["ms"]).toBeGreaterThanOrEqual(20_000);
    const told = entries.filter((e) => e.kind === "analysis.observed").map((e) => e.data["source"]);
    expect(new Set(told)).toEqual(new Set(["drain", "probe"]));
  });

  it("warns once a step when the new deployment gets far less than its share", async () => {
    const scenario = releaseScenario({ strategy: "canary", canary: { source: "drain", steps: [50, 100] } });
    const few = { requests: 5, errors: 0, slow: { "500": 0 }, latency: [[60, 5]] } as const;
    scenario.knobs.arms = () => ({ canary: few, stable: healthy });
    const { entries } = await scenario.run();
    expect(entries.filter((e) => e.kind === "analysis.low-exposure").map((e) => e.data)).toMatchObject([
      { step: 1, split: 0.5, canary: 5, stable: 100, saw: expect.stringContaining("10 %") },
    ]);
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

describe("a rolling release that somebody else started", () => {
  const others = { state: "active", candidate: "dpl_theirs", share: 0.2 };

  it.each(["standard", "blue-green", "canary"] as const)(
    "stops a %s release before traffic moves, and goes on",
    async (strategy) => {
      const scenario = releaseScenario({ strategy });
      scenario.platform.seed({ id: "dpl_theirs", version: "v2" });
      await scenario.platform.beginRollout("dpl_theirs", [0.2, 1]);
      const { release, kinds } = await scenario.run();
      expect(release).toMatchObject({ state: "failed", problem: { code: "ATM-541" } });
      expect(release?.problem?.happened).toContain("dpl_theirs");
      expect(kinds).not.toContain("traffic.shifting");
      expect(await scenario.platform.rollout()).toMatchObject(others);
    },
  );

  it.each(["standard", "blue-green", "canary"] as const)(
    "is left alone when it began at the very moment a %s release was about to",
    async (strategy) => {
      const scenario = releaseScenario({ strategy });
      scenario.platform.seed({ id: "dpl_theirs", version: "v2" });
      const { beginRollout, promote } = scenario.platform;
      const first = async () => {
        if ((await scenario.platform.rollout()) === undefined) await beginRollout("dpl_theirs", [0.2, 1]);
      };
      scenario.platform.beginRollout = async (...asked) => {
        await first();
        return beginRollout(...asked);
      };
      scenario.platform.promote = async (...asked) => {
        await first();
        return promote(...asked);
      };
      const { release, kinds } = await scenario.run();
      expect(release?.state).toBe("failed");
      expect(release?.problem?.code).toMatch(/ATM-31[34]/);
      expect(kinds).not.toContain("rollback.decided");
      expect(await scenario.platform.rollout()).toMatchObject(others);
    },
  );
});

describe("a split that somebody else took away", () => {
  it("ends the canary, and traffic is left where it is", async () => {
    const scenario = releaseScenario({ strategy: "canary" });
    const { keepRollout } = scenario.platform;
    let looks = 0;
    scenario.platform.keepRollout = async (candidate, signal) => {
      const now = await keepRollout(candidate, signal);
      looks += 1;
      return looks < 3 || now === undefined ? now : { ...now, state: "aborted", stage: 0, share: 0 };
    };
    const { release, kinds } = await scenario.run();
    expect(release).toMatchObject({ state: "failed", problem: { code: "ATM-506" } });
    expect(kinds).not.toContain("rollback.decided");
  });

  it("is not taken for gone when it can not be read, and every look says that the release is alive", async () => {
    const scenario = releaseScenario({ strategy: "canary" });
    scenario.platform.fail("keepRollout", { how: "before", times: 3 });
    const { release } = await scenario.run();
    expect(release?.state).toBe("released");
    const kept = scenario.platform.calls.filter(({ call }) => call === "keepRollout");
    expect(kept.length).toBeGreaterThanOrEqual(scenario.knobs.measured.filter((split) => split < 1).length);
  });
});

describe("the watch of every strategy", () => {
  /** Too slow for its limit, and every look is well all the same: only counting sees it. */
  const slow = { requests: 100, errors: 0, slow: { "500": 40 }, latency: [[60, 100]] } as const;

  it.each(["standard", "blue-green", "canary"] as const)(
    "of %s sees a change that no look sees",
    async (strategy) => {
      const scenario = releaseScenario({ strategy, canary: { watch: { duration: "2m", interval: "10s" } } });
      scenario.world.settings.standard.watch.duration = 120_000;
      scenario.world.settings["blue-green"].watch.duration = 120_000;
      scenario.knobs.arms = (split) => ({ canary: split === 1 ? slow : healthy, stable: healthy });
      const { release, serving, entries } = await scenario.run();
      expect(serving).toBe("dpl_good");
      expect(release).toMatchObject({ state: "rolled back", problem: { code: "ATM-505" } });
      expect(release?.problem?.happened).toContain("p95 latency: no longer at most 5%");
      const evidence = entries.filter((e) => e.kind === "watch.measured").map((e) => e.data["evidence"]);
      // Robust: no ten seconds alone raise the alarm.
      expect(evidence.length).toBeGreaterThan(3);
      expect(evidence.at(-1)).toMatchObject({ alarm: true });
    },
  );

  it("does not measure where it shall not", async () => {
    const scenario = releaseScenario({});
    scenario.world.settings.standard.watch.measure = false;
    scenario.knobs.arms = () => ({ canary: sick, stable: healthy });
    const { release, kinds } = await scenario.run();
    expect(release?.state).toBe("released");
    expect(kinds).not.toContain("watch.measured");
  });

  it("goes on looking where nothing can be measured", async () => {
    const scenario = releaseScenario({});
    scenario.world.measure = async () => {
      throw new Error("no token");
    };
    expect((await scenario.run()).release?.state).toBe("released");
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
