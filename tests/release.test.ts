import { verdictOf } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { finding, order, releaseScenario } from "./release.world.js";

const bad = { ok: false, saw: "GET /health answered 503", ms: 4 };
const good = { ok: true, saw: "healthy", ms: 2 };

describe("a release with the strategy standard", () => {
  it("goes through the chapters in order and ends with all traffic on the new deployment", async () => {
    const { release, serving, kinds, entries } = await releaseScenario().run();
    expect(release).toMatchObject({
      state: "released",
      split: 1,
      previous: { id: "dpl_good" },
      candidate: { id: "dpl_1" },
    });
    expect(serving).toBe("dpl_1");
    expect(entries.filter((e) => e.kind === "phase.started").map((e) => e.data["phase"])).toEqual([
      "preflight",
      "backup",
      "announce",
      "deploy",
      "validate",
      "shift",
      "watch",
      "finish",
    ]);
    expect(kinds.indexOf("traffic.shifting")).toBeLessThan(kinds.indexOf("traffic.shifted"));
    expect(kinds.at(-1)).toBe("release.ended");
  });

  it("takes a deployment that is there as it is, and says what could not be checked", async () => {
    const { release, serving, kinds, entries, made } = await releaseScenario({ existing: {} }).run();
    expect(release).toMatchObject({ state: "released", candidate: { id: "dpl_theirs" } });
    expect([serving, made]).toEqual(["dpl_theirs", 0]);
    expect(kinds).not.toContain("deployment.created");
    expect(entries.find(({ kind }) => kind === "deployment.taken")?.data).toMatchObject({ stamp: null });
    expect(entries.find(({ kind }) => kind === "checks.left-out")?.data).toMatchObject({
      checks: ["source", "tests"],
      because: expect.stringContaining("dpl_theirs is built already"),
    });
  });

  it("leaves traffic where it is when the deployment that was named is gone", async () => {
    const scenario = releaseScenario({ existing: { id: "dpl_gone" } });
    const seen = await scenario.run();
    expect(seen.release).toMatchObject({ state: "failed", problem: { code: "ATM-508" } });
    expect([seen.serving, seen.made]).toEqual(["dpl_good", 0]);
  });

  it("marks the new deployment as proven good and writes its record", async () => {
    const scenario = releaseScenario();
    await scenario.run();
    const proven = await scenario.releases.proven("shop", "production", 5);
    expect(proven.map((p) => p.deployment)).toEqual(["dpl_1", "dpl_good"]);
    expect(scenario.knobs.records).toEqual([order.version]);
  });

  it.each([
    {
      name: "a failed check before it begins",
      turn: (s: ReturnType<typeof releaseScenario>) => {
        s.knobs.preflight = [finding("fail", "2 tests failed")];
      },
      code: "ATM-201",
      made: 0,
    },
    {
      name: "a check that broke",
      turn: (s: ReturnType<typeof releaseScenario>) => {
        s.knobs.preflight = [finding("error", "git did not answer")];
      },
      code: "ATM-202",
      made: 0,
    },
    {
      name: "a build that fails",
      turn: (s: ReturnType<typeof releaseScenario>) => s.platform.buildsEnd("failed", "exit 1"),
      code: "ATM-508",
      made: 1,
    },
    {
      name: "a candidate that is not fit",
      turn: (s: ReturnType<typeof releaseScenario>) => {
        s.knobs.validate = [finding("fail", "another version answers")];
      },
      code: "ATM-401",
      made: 1,
    },
  ])("$name ends it before traffic moves", async ({ turn, code, made }) => {
    const scenario = releaseScenario();
    turn(scenario);
    const seen = await scenario.run();
    expect(seen.release).toMatchObject({ state: "failed", split: 0, problem: { code } });
    expect(seen.serving).toBe("dpl_good");
    expect(seen.made).toBe(made);
    expect(scenario.platform.calls.some((c) => c.call === "promote")).toBe(false);
  });

  it.each(["opens", "fails"] as const)(
    "opens an incident when traffic is brought back, and ends alike when that %s",
    async (onRollback) => {
      const scenario = releaseScenario({ onRollback });
      scenario.knobs.looks = [good, bad];
      const { release } = await scenario.run();
      expect(release).toMatchObject({ state: "rolled back", problem: { code: "ATM-505" } });
      expect(scenario.knobs.incidents.length).toBe(onRollback === "opens" ? 1 : 5);
      expect(scenario.knobs.incidents[0]).toMatchObject({
        title: `production was taken back: release ${release?.version}`,
        unsafe: false,
      });
    },
  );

  it("opens none for a release that passes, or that the playbook wants none for", async () => {
    const passes = releaseScenario({ onRollback: "opens" });
    expect((await passes.run()).release?.state).toBe("released");
    expect(passes.knobs.incidents).toEqual([]);
  });

  it("is not begun while a P1 incident is open", async () => {
    const scenario = releaseScenario();
    scenario.knobs.openIncidents = [{ id: "inc_1", severity: "P1", title: "down" }];
    const seen = await scenario.run();
    expect(seen.release).toMatchObject({ state: "failed", problem: { code: "ATM-527" } });
    expect(seen.made).toBe(0);
  });

  it("brings traffic back by itself when production does worse, and says so", async () => {
    const scenario = releaseScenario();
    scenario.knobs.looks = [good, bad];
    const { release, serving, kinds } = await scenario.run();
    expect(release).toMatchObject({
      state: "rolled back",
      split: 0,
      phase: "rollback",
      problem: { code: "ATM-505" },
    });
    expect(serving).toBe("dpl_good");
    expect(kinds).toContain("rollback.verified");
    const proven = await scenario.releases.proven("shop", "production", 5);
    expect(proven.map((p) => p.deployment)).toEqual(["dpl_good"]);
    const notices = await scenario.outbox.list({ limit: 50 });
    expect(notices.map((n) => n.channel)).toContain("#incidents");
    expect(notices.some((n) => n.text.includes("done"))).toBe(false);
  });

  it("forgives scattered failures as many as the playbook says", async () => {
    const scenario = releaseScenario();
    scenario.knobs.looks = [bad, good, bad, good, bad, good];
    expect((await scenario.run()).release?.state).toBe("released");
  });

  it("says that a person must look when there is nothing to return to", async () => {
    const scenario = releaseScenario({ first: true });
    scenario.knobs.looks = [bad];
    const { release, serving } = await scenario.run();
    expect(release).toMatchObject({ state: "unsafe", problem: { code: "ATM-601" } });
    expect(release?.problem?.stillTrue).toContain("dpl_1");
    expect(serving).toBe("dpl_1");
  });

  it("returns to what production served before, when nothing was ever proven by Atoms", async () => {
    const scenario = releaseScenario();
    await scenario.releases.disprove("shop", "production", "dpl_good");
    scenario.knobs.looks = [bad];
    scenario.releases.proven = async () => [];
    expect((await scenario.run()).serving).toBe("dpl_good");
  });

  it("does not fight a person who moved production by other means", async () => {
    const scenario = releaseScenario();
    scenario.platform.seed({ id: "dpl_other" });
    const look = scenario.world.look;
    let looks = 0;
    scenario.world.look = async (...args) => {
      if (++looks === 2) await scenario.platform.promote("dpl_other");
      return look(...args);
    };
    const { release, serving } = await scenario.run();
    expect(release).toMatchObject({ state: "failed", problem: { code: "ATM-506" } });
    expect(serving).toBe("dpl_other");
  });

  it("refuses to shift when production is no longer what it was", async () => {
    const scenario = releaseScenario();
    scenario.platform.seed({ id: "dpl_other" });
    const validate = scenario.world.validate;
    scenario.world.validate = async (...args) => {
      await scenario.platform.promote("dpl_other");
      await scenario.clock.sleep(1_000);
      return validate(...args);
    };
    const { release, serving } = await scenario.run();
    expect(release).toMatchObject({ state: "failed", problem: { code: "ATM-506" } });
    expect(serving).toBe("dpl_other");
  });

  it.each(["promote", "createDeployment", "production", "deployment", "ensureProject"] as const)(
    "is not misled by a platform that does %s and then says it did not",
    async (call) => {
      const scenario = releaseScenario();
      scenario.platform.fail(call, { how: "after", times: 2 });
      const { release, serving, deployments } = await scenario.run();
      expect(release?.state).toBe("released");
      expect(serving).toBe("dpl_1");
      expect(deployments).toBe(1);
    },
  );

  it("keeps asking for the rollback while the platform fails", async () => {
    const scenario = releaseScenario();
    scenario.knobs.looks = [bad];
    scenario.platform.fail("rollBack", { how: "before", times: 6 });
    expect(await scenario.run()).toMatchObject({ serving: "dpl_good", release: { state: "rolled back" } });
  });
});

describe("aborting", () => {
  it("before traffic moved changes nothing for users", async () => {
    const scenario = releaseScenario({ buildMs: 120_000 });
    const { release, serving } = await scenario.run(async () => {
      await scenario.clock.advance(20_000);
      await scenario.abort();
    });
    expect(release).toMatchObject({ state: "aborted", problem: { code: "ATM-504" } });
    expect(release?.problem?.happened).toContain("wrong branch");
    expect(serving).toBe("dpl_good");
  });

  it("during the watch brings traffic back", async () => {
    const scenario = releaseScenario();
    const { release, serving } = await scenario.run(async () => {
      await scenario.clock.advance(20_000);
      expect(scenario.platform.serving()).toBe("dpl_1");
      await scenario.abort();
    });
    expect(release?.state).toBe("rolled back");
    expect(serving).toBe("dpl_good");
  });

  it("is not mistaken for a failure of the step it cut short", async () => {
    const scenario = releaseScenario();
    scenario.world.preflight = async (_order, _onFinding, signal) => {
      await scenario.clock.sleep(600_000, signal);
      throw new Error("the tests were cut short");
    };
    const { release } = await scenario.run(async () => {
      await scenario.clock.advance(5_000);
      await scenario.abort();
    });
    expect(release).toMatchObject({ state: "aborted", problem: { code: "ATM-504" } });
  });
});

describe("deadlines", () => {
  it("end a build that never ends, and say what was waited for", async () => {
    const scenario = releaseScenario({ buildMs: 86_000_000 });
    const { release, serving } = await scenario.run();
    expect(release).toMatchObject({ state: "failed", problem: { code: "ATM-502" } });
    expect(release?.problem?.happened).toContain("waiting for the build of dpl_1");
    expect(serving).toBe("dpl_good");
  });

  it("end a shift that no host follows, and go back", async () => {
    const scenario = releaseScenario({ moveMs: 600_000 });
    const { release } = await scenario.run();
    expect(release?.problem?.code).toMatch(/ATM-(507|603)/);
    expect(["rolled back", "unsafe"]).toContain(release?.state);
  });
});

describe("kill -9 at any moment", () => {
  const variants = [
    { name: "a good release", looks: [good], state: "released", serving: "dpl_1" },
    { name: "a bad release", looks: [good, bad], state: "rolled back", serving: "dpl_good" },
  ] as const;

  it.each(variants)(
    "of $name ends as if nothing had happened",
    async ({ looks, state, serving }) => {
      const steps = new Set<string>();
      const undisturbed = releaseScenario({ buildMs: 1_000 });
      undisturbed.knobs.looks = [...looks];
      await undisturbed.runAndDie((moment) => {
        steps.add(moment.step);
        return false;
      });
      const wanted = await undisturbed.seen();
      expect(steps.size).toBeGreaterThan(20);

      for (const step of steps) {
        for (const when of ["before", "unwritten", "written"] as const) {
          const scenario = releaseScenario({ buildMs: 1_000 });
          scenario.knobs.looks = [...looks];
          const seen = await scenario.runAndDie((moment) => moment.step === step && moment.when === when);
          const where = `killed ${when} "${step}"`;
          expect(seen.died, where).toBe(true);
          expect({ state: seen.release?.state, serving: seen.serving }, where).toEqual({ state, serving });
          expect(seen.deployments, where).toBe(1);
          // Looks and checks may be made twice; what happened once is told once.
          const once = (kinds: string[]) =>
            [...new Set(kinds)].filter((kind) => kind !== "watch.measured").sort();
          expect(once(seen.kinds), where).toEqual(once(wanted.kinds));
          for (const kind of [
            "traffic.shifting",
            "traffic.shifted",
            "deployment.created",
            "release.ended",
            "rollback.verified",
          ]) {
            expect(seen.kinds.filter((k) => k === kind).length, `${where}: ${kind}`).toBeLessThanOrEqual(1);
          }
        }
      }
    },
    120_000,
  );
});

describe("a release whose store goes away while a check is still running", () => {
  it("ends by it, and takes nothing else along", async () => {
    const scenario = releaseScenario();
    const { append } = scenario.ledger;
    let away = true;
    scenario.world.ledger = {
      ...scenario.ledger,
      async append(events) {
        if (away && events.some(({ kind }) => kind === "check.finished"))
          throw new Error("the store is away");
        return append(events);
      },
    };
    scenario.world.preflight = async (_, onFinding) => {
      onFinding(finding("pass"));
      // A rejection that nobody listens to by now would end the process; here it fails the test run.
      await new Promise((resolve) => setTimeout(resolve, 50));
      away = false;
      return { findings: [finding("pass")], verdict: verdictOf([finding("pass")]) };
    };
    const { release } = await scenario.run();
    expect(release?.state).toBe("failed");
  });
});
