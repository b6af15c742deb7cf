import { type MemoryEngine, type MemoryJournal, memoryEngine } from "@atoms/engine";
import {
  type GroupOrder,
  type MemberOrder,
  type ReleaseOrder,
  type ReleaseWorld,
  type RollbackByHandOrder,
  releaseFlow,
  releaseGroupFlow,
  releaseOf,
  rollbackByHandFlow,
} from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { finding, order as oneOrder, releaseScenario } from "./release.world.js";

type Scenario = ReturnType<typeof releaseScenario>;
const sick = ({ knobs }: Scenario) => {
  knobs.looks = [bad];
};
const bad = { ok: false, saw: "GET /health answered 503", ms: 4 };
const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

/** Three services of one store: a first, then b and c at the same time. */
function groupScenario(
  turn: Partial<Record<Name, (scenario: Scenario) => void>> = {},
  first: readonly Name[] = [],
) {
  const make = (name: Name, beside?: Scenario) => {
    const scenario = releaseScenario({
      buildMs: 1_000,
      first: first.includes(name),
      ...(beside === undefined ? {} : { beside }),
    });
    turn[name]?.(scenario);
    return scenario;
  };
  const a = make("a");
  const scenarios: Record<Name, Scenario> = { a, b: make("b", a), c: make("c", a) };
  const { clock, ledger, releases } = a;
  const worldOf = async (order: ReleaseOrder | RollbackByHandOrder): Promise<ReleaseWorld> =>
    scenarios[order.service as Name].world;
  const flows = { release: releaseFlow(worldOf), rollback: rollbackByHandFlow(worldOf) };
  const group = releaseGroupFlow(
    async () => ({
      releases,
      ledger,
      clock,
      platform: async (member) => scenarios[member.release.service as Name].platform,
    }),
    flows,
  );
  const member = (service: Name): MemberOrder => ({
    release: { ...oneOrder, release: `rel_${service}`, service },
    back: `rel_${service}_back`,
  });
  const order: GroupOrder = {
    release: "rel_group",
    group: "storefront",
    environment: "production",
    platform: "local",
    version: "v1",
    actor: oneOrder.actor,
    startedAt: oneOrder.startedAt,
    stages: [[member("a")], [member("b"), member("c")]],
  };
  const open = () =>
    releases.open(
      {
        ...releaseOf({ ...oneOrder, release: order.release, service: order.group }),
        strategy: "group",
        phase: "shift",
      },
      [],
    );
  const engineOn = (journal?: MemoryJournal): MemoryEngine =>
    memoryEngine({
      clock,
      random: () => 0.5,
      flows: [group, flows.release, flows.rollback],
      ...(journal === undefined ? {} : { journal }),
    });
  const seen = async () => {
    const entries = await ledger.read({ limit: 2_000 });
    const of = async (id: string) => (await releases.get(id))?.state;
    return {
      group: await releases.get(order.release),
      serving: names.map((name) => scenarios[name].platform.serving()),
      states: await Promise.all(names.map((name) => of(`rel_${name}`))),
      back: await Promise.all(names.map((name) => of(`rel_${name}_back`))),
      running: (await releases.list({ state: "running", limit: 10 })).length,
      kinds: entries.map((entry) => `${entry.service} ${entry.kind}`),
      moves: names.flatMap((name) =>
        scenarios[name].platform.calls.flatMap(({ call }) =>
          ["promote", "rollBack"].includes(call) ? [`${name} ${call}`] : [],
        ),
      ),
    };
  };
  return {
    scenarios,
    clock,
    releases,
    ledger,
    async run(during?: (engine: MemoryEngine) => Promise<void>) {
      const engine = engineOn();
      await open();
      await engine.start(group, order.release, order);
      const result = engine.result(order.release, 86_400_000);
      await during?.(engine);
      await clock.runUntil(result);
      return seen();
    },
    async runAndDie(dies: Parameters<MemoryEngine["crashWhen"]>[0]) {
      let engine = engineOn();
      await open();
      let died = false;
      engine.crashWhen((moment) => {
        if (died || !dies(moment)) return false;
        died = true;
        return true;
      });
      await engine.start(group, order.release, order);
      const first = engine.result(order.release, 86_400_000).catch(() => undefined);
      for (let i = 0; i < 4_000 && !engine.crashed; i++) {
        const done = await Promise.race([first.then(() => true), clock.advance(250).then(() => false)]);
        if (done) break;
      }
      if (engine.crashed) {
        engine = engineOn(engine.journal);
        await engine.resume();
        await clock.runUntil(engine.result(order.release, 86_400_000));
      }
      return { died, ...(await seen()) };
    },
  };
}

describe("a group of services", () => {
  it("is released in its order, and ends when all are", async () => {
    const scenario = groupScenario();
    const { group, serving, states, back, kinds } = await scenario.run();
    expect(group).toMatchObject({ state: "released", because: "all of a, b, c are released" });
    expect(serving).toEqual(["dpl_1", "dpl_1", "dpl_1"]);
    expect(states).toEqual(["released", "released", "released"]);
    expect(back).toEqual([undefined, undefined, undefined]);
    const [a, b] = [await scenario.releases.get("rel_a"), await scenario.releases.get("rel_b")];
    expect(b?.startedAt).toBeGreaterThanOrEqual(a?.endedAt ?? Number.NaN);
    const ended = kinds.indexOf("a release.ended");
    for (const later of ["b release.started", "c release.started"])
      expect(kinds.indexOf(later)).toBeGreaterThan(ended);
    expect(Math.max(kinds.indexOf("b release.started"), kinds.indexOf("c release.started"))).toBeLessThan(
      Math.min(kinds.indexOf("b release.ended"), kinds.indexOf("c release.ended")),
    );
  });

  it("brings all that moved back, the last one first, when a later one does worse", async () => {
    const scenario = groupScenario({ c: sick });
    const { group, serving, states, back, kinds, running } = await scenario.run();
    expect(group).toMatchObject({ state: "rolled back", problem: { code: "ATM-571" } });
    expect(group?.problem?.happened).toContain("c is rolled back");
    expect(group?.problem?.stillTrue).toContain("b, a");
    expect(serving).toEqual(["dpl_good", "dpl_good", "dpl_good"]);
    expect(states).toEqual(["released", "released", "rolled back"]);
    expect(back).toEqual(["rolled back", "rolled back", undefined]);
    expect(kinds.lastIndexOf("b rollback.verified")).toBeLessThan(kinds.lastIndexOf("a rollback.verified"));
    expect(running).toBe(0);
    // What was taken back is no longer a way back for the next release.
    expect(
      (await scenario.releases.proven("a", "production", 5)).map((proof) => proof.deployment),
    ).not.toContain("dpl_1");
  });

  it("simply fails when the first one does, and begins no other", async () => {
    const seen = await groupScenario({
      a: ({ knobs }) => {
        knobs.validate = [finding("fail")];
      },
    }).run();
    expect(seen.group).toMatchObject({ state: "failed", problem: { code: "ATM-571", ending: "failed" } });
    expect(seen.states).toEqual(["failed", undefined, undefined]);
    expect(seen.moves).toEqual([]);
  });

  it("goes back when a person aborts it between and during members", async () => {
    const scenario = groupScenario();
    const { group, serving } = await scenario.run(async (engine) => {
      while ((await scenario.releases.get("rel_b"))?.state !== "running") await scenario.clock.advance(1_000);
      const abort = { do: "abort", by: "ada", because: "prices are wrong" } as const;
      for (const id of ["rel_group", "rel_b", "rel_c"]) await engine.signal(id, "command", abort);
    });
    expect(group).toMatchObject({ state: "rolled back" });
    expect(group?.because).toContain("prices are wrong");
    expect(serving).toEqual(["dpl_good", "dpl_good", "dpl_good"]);
  });

  it("says that a person must look when one cannot be brought back: there was nothing before it", async () => {
    const seen = await groupScenario({ c: sick }, ["a"]).run();
    expect(seen.group).toMatchObject({ state: "unsafe", problem: { code: "ATM-572" } });
    expect(seen.group?.because).toContain("a (it is its first release");
    expect(seen.serving).toEqual(["dpl_1", "dpl_good", "dpl_good"]);
  });

  it("does not take back what somebody else has moved meanwhile, and brings the others back all the same", async () => {
    const scenario = groupScenario({
      c: (c) => {
        const look = c.world.look;
        c.knobs.looks = [bad];
        c.world.look = async (...args) => {
          scenario.scenarios.a.platform.seed({ id: "dpl_other" });
          await scenario.scenarios.a.platform.promote("dpl_other");
          return look(...args);
        };
      },
    });
    const seen = await scenario.run();
    expect(seen.group).toMatchObject({ state: "unsafe" });
    expect(seen.serving).toEqual(["dpl_other", "dpl_good", "dpl_good"]);
  });

  it("goes on bringing the others back when the platform does not answer for one", async () => {
    const scenario = groupScenario({
      c: sick,
      b: (b) => {
        const production = b.platform.production.bind(b.platform);
        b.platform.production = async (signal) => {
          if ((await b.releases.get("rel_b"))?.state === "released") throw new Error("no route to host");
          return production(signal);
        };
      },
    });
    const seen = await scenario.run();
    expect(seen.group).toMatchObject({ state: "unsafe", problem: { code: "ATM-572" } });
    expect(seen.serving).toEqual(["dpl_good", "dpl_1", "dpl_good"]);
    expect(seen.back).toEqual(["rolled back", undefined, undefined]);
  });

  it("does not run a member whose release has ended before its flow began", async () => {
    const scenario = groupScenario();
    await scenario.releases.open(releaseOf({ ...oneOrder, release: "rel_b", service: "b" }), []);
    await scenario.releases.change("rel_b", { state: "failed", endedAt: oneOrder.startedAt }, []);
    const seen = await scenario.run();
    expect(seen.group).toMatchObject({ state: "rolled back" });
    expect(seen.serving).toEqual(["dpl_good", "dpl_good", "dpl_good"]);
    expect(seen.running).toBe(0);
  });

  it("refuses the stage when a member is being released already, and closes what it had opened of it", async () => {
    const scenario = groupScenario();
    await scenario.releases.open(releaseOf({ ...oneOrder, release: "rel_other", service: "c" }), []);
    const seen = await scenario.run();
    expect(seen.group).toMatchObject({ state: "rolled back" });
    expect(seen.group?.because).toContain("rel_other");
    expect(seen.states).toEqual(["released", "failed", undefined]);
    expect(seen.serving).toEqual(["dpl_good", "dpl_good", "dpl_good"]);
    expect(seen.running).toBe(1);
  });
});

describe("kill -9 at any moment of a group", () => {
  const variants = [
    { name: "that is good", turn: {}, state: "released", serving: "dpl_1" },
    {
      name: "whose last member is bad",
      turn: { c: sick },
      state: "rolled back",
      serving: "dpl_good",
    },
  ];

  it.each(variants)(
    "$name ends as if nothing had happened",
    async ({ turn, state, serving }) => {
      const moments = new Set<string>();
      await groupScenario(turn).runAndDie((moment) => {
        moments.add(`${moment.flow} ${moment.step}`);
        return false;
      });
      // Every step of the group itself, and those of the members in which traffic moves.
      const telling = [...moments].filter(
        (moment) =>
          moment.startsWith("rel_group ") || /^rel_[ac]\S* (promote|point production back|end)$/.test(moment),
      );
      expect(telling.length).toBeGreaterThan(9);
      for (const at of telling) {
        // Before a step is after the one before it.
        for (const when of ["unwritten", "written"] as const) {
          const seen = await groupScenario(turn).runAndDie(
            (moment) => `${moment.flow} ${moment.step}` === at && moment.when === when,
          );
          const where = `killed ${when} "${at}"`;
          expect(seen.died, where).toBe(true);
          expect({ state: seen.group?.state, serving: seen.serving, running: seen.running }, where).toEqual({
            state,
            serving: [serving, serving, serving],
            running: 0,
          });
          expect(
            seen.kinds.filter((kind) => kind === "storefront release.ended"),
            where,
          ).toHaveLength(1);
        }
      }
    },
    120_000,
  );
});
