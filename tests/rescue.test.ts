import { type MemoryJournal, type Moment, memoryEngine } from "@atoms/engine";
import { isProblem, type RescueOrder, rescueFlow } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { healthy, order as release, releaseScenario } from "./release.world.js";

type Scenario = ReturnType<typeof releaseScenario>;

const order: RescueOrder = {
  release: release.release,
  service: release.service,
  environment: release.environment,
  platform: release.platform,
  version: release.version,
  startedAt: release.startedAt,
  playbook: release.playbook,
  folder: release.folder,
  because: "it was started as release version 3, which this Atoms has as version 9",
};

/** The next version of Atoms: it knows the release's flow by another version only, and rescues. */
async function rescue(
  scenario: Scenario,
  journal: MemoryJournal,
  dies: (moment: Moment) => boolean = () => false,
) {
  const flow = rescueFlow(async () => scenario.world);
  const flows = [{ ...scenario.flow, version: 9 }, flow];
  let engine = memoryEngine({ clock: scenario.clock, random: () => 0.5, flows, journal });
  const lost = await engine.state(order.release);
  if (lost.state === "done") return { lost: false, ...(await scenario.seen()) };
  expect(await engine.giveUp(order.release, order.because)).toBeDefined();
  engine.crashWhen(dies);
  await engine.start(flow, `${order.release}/rescue`, order);
  const first = engine.result(`${order.release}/rescue`, 86_400_000).catch(() => undefined);
  await scenario.clock.runUntil(first);
  if (engine.crashed) {
    engine = memoryEngine({ clock: scenario.clock, random: () => 0.5, flows, journal });
    await engine.resume();
    await scenario.clock.runUntil(engine.result(`${order.release}/rescue`, 86_400_000));
  }
  return { lost: true, ...(await scenario.seen()) };
}

const quick = {
  steps: [50, 100],
  warm_up: "5s",
  step_minimum: "5s",
  watch: { duration: "10s", interval: "5s" },
};
const bad = { requests: 100, errors: 60, slow: { "500": 0 }, latency: [[60, 100]] } as typeof healthy;

describe("a release that the next version of Atoms cannot go on with, killed at any moment", () => {
  it.each([
    { strategy: "standard", candidate: "good" },
    { strategy: "standard", candidate: "bad" },
    { strategy: "blue-green", candidate: "good" },
    { strategy: "canary", candidate: "good" },
    { strategy: "canary", candidate: "bad" },
  ] as const)(
    "of $strategy, $candidate, ends with all traffic on the last good deployment",
    { timeout: 180_000 },
    async ({ strategy, candidate }) => {
      const make = () => {
        const scenario = releaseScenario({ strategy, buildMs: 500, canary: quick });
        if (candidate === "bad") {
          scenario.knobs.looks = [
            { ok: true, saw: "well", ms: 2 },
            { ok: false, saw: "answers 500", ms: 2 },
          ];
          scenario.knobs.arms = () => ({ canary: bad, stable: healthy });
        }
        return scenario;
      };
      const steps = new Set<string>();
      await make().runUntilItDies(({ step }) => {
        steps.add(step);
        return false;
      });
      expect(steps.size).toBeGreaterThan(20);
      const ends = new Set<string>();
      for (const step of steps)
        for (const when of ["before", "unwritten", "written"] as const) {
          const scenario = make();
          const { died, journal } = await scenario.runUntilItDies((m) => m.step === step && m.when === when);
          const seen = await rescue(scenario, journal);
          const where = `killed ${when} "${step}"`;
          expect(died, where).toBe(true);
          // Whatever the end is called, users have one deployment, and it is one that was proven.
          const proven = (await scenario.releases.proven("shop", "production", 10)).map(
            (one) => one.deployment,
          );
          expect(proven, where).toContain(seen.serving);
          // 1: a staged shift that was completed.
          expect([0, 1], where).toContain(scenario.platform.share());
          expect(scenario.platform.stages(), where).toBeUndefined();
          const state = seen.release?.state;
          if (seen.lost) ends.add(state ?? "none");
          expect(["failed", "rolled back", "released"], where).toContain(state);
          expect(seen.serving === "dpl_1", where).toBe(state === "released");
          expect(
            seen.kinds.filter((kind) => kind === "release.ended"),
            where,
          ).toHaveLength(1);
          expect(seen.deployments, where).toBeLessThanOrEqual(1);
          if (seen.lost && state !== "released") expect(seen.release?.problem?.code, where).toBe("ATM-515");
        }
      expect([...ends].sort()).toEqual(
        candidate === "good" ? ["failed", "released", "rolled back"] : ["failed", "rolled back"],
      );
    },
  );
});

describe("the rescue of a release", () => {
  const lostInTheWatch = async (make: () => Scenario = () => releaseScenario({ buildMs: 500 })) => {
    const scenario = make();
    const { journal } = await scenario.runUntilItDies(
      ({ step, when }) => step === "watch: begin" && when === "written",
    );
    return { scenario, journal };
  };

  it("says what happened, what is true and what to do, to people and to the ledger", async () => {
    const { scenario, journal } = await lostInTheWatch();
    expect(scenario.platform.serving()).toBe("dpl_1");
    const { release: ended, kinds } = await rescue(scenario, journal);
    expect(ended?.problem).toEqual({
      code: "ATM-515",
      title: "The release could not be gone on with",
      happened: `Nobody can go on with rel_1: ${order.because}. Atoms ended it instead, and nothing of it is left half done.`,
      stillTrue: "Production serves dpl_good again, proven on every host.",
      fix: expect.stringContaining("atoms deploy"),
      ending: "rolled back",
    });
    expect(kinds).toEqual(
      expect.arrayContaining(["rescue.started", "rollback.decided", "rollback.verified", "release.ended"]),
    );
    const told = (await scenario.outbox.list({ release: "rel_1", limit: 100 })).map(({ text }) => text);
    expect(told).toContain("rollback of shop");
  });

  it("survives its own death at any moment", { timeout: 120_000 }, async () => {
    const steps = new Set<string>();
    const first = await lostInTheWatch();
    await rescue(first.scenario, first.journal, ({ step }) => {
      steps.add(step);
      return false;
    });
    expect(steps.size).toBeGreaterThan(6);
    for (const step of steps)
      for (const when of ["before", "unwritten", "written"] as const) {
        const { scenario, journal } = await lostInTheWatch();
        const seen = await rescue(scenario, journal, (m) => m.step === step && m.when === when);
        const where = `killed ${when} "${step}"`;
        expect({ state: seen.release?.state, serving: seen.serving }, where).toEqual({
          state: "rolled back",
          serving: "dpl_good",
        });
        for (const kind of ["rescue.started", "rollback.decided", "rollback.verified", "release.ended"])
          expect(
            seen.kinds.filter((one) => one === kind),
            `${where}: ${kind}`,
          ).toHaveLength(1);
      }
  });

  it("asks a platform that fails again, and does not take its word", async () => {
    const { scenario, journal } = await lostInTheWatch();
    scenario.platform.fail("production", { how: "before", times: 3 });
    scenario.platform.fail("rollBack", { how: "before", times: 2 });
    scenario.platform.fail("rollBack", { how: "after" });
    const seen = await rescue(scenario, journal);
    expect([seen.release?.state, seen.serving]).toEqual(["rolled back", "dpl_good"]);
  });

  it("leaves alone what somebody else put into production", async () => {
    const { scenario, journal } = await lostInTheWatch();
    scenario.platform.seed({ id: "dpl_theirs" }, { inProduction: true });
    const seen = await rescue(scenario, journal);
    expect([seen.release?.state, seen.serving]).toEqual(["failed", "dpl_theirs"]);
    expect(seen.release?.problem?.stillTrue).toContain("Somebody else has moved production");
  });

  it("says that a person must look when there is nothing to return to", async () => {
    const { scenario, journal } = await lostInTheWatch(() => releaseScenario({ first: true, buildMs: 500 }));
    const seen = await rescue(scenario, journal);
    expect([seen.release?.state, seen.serving]).toEqual(["unsafe", "dpl_1"]);
    expect(seen.release?.problem).toMatchObject({
      code: "ATM-516",
      stillTrue: "Traffic was left where it is: production serves dpl_1.",
    });
  });

  it("fences the flow it gave up: the version that knows it does nothing more", async () => {
    const { scenario, journal } = await lostInTheWatch();
    await rescue(scenario, journal);
    const acts = scenario.platform.calls.length;
    const former = scenario.engineOn(journal);
    expect(await former.resume()).toEqual([]);
    await scenario.clock.advance(600_000);
    expect(scenario.platform.calls).toHaveLength(acts);
    const told = await former.result(order.release, 1_000).catch((error: unknown) => error);
    expect([isProblem(told), (told as Error).message]).toEqual([false, order.because]);
  });
});
