import { memoryEngine } from "@atoms/engine";
import { type ReleaseWorld, type RollbackByHandOrder, rollbackByHandFlow } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { order as release, releaseScenario } from "./release.world.js";

let scenario: ReturnType<typeof releaseScenario>;

const prove = (deployment: string, at: number) =>
  scenario.releases.prove(
    {
      service: "shop",
      environment: "production",
      deployment,
      address: `http://${deployment}.localhost`,
      version: deployment,
      at,
    },
    [],
  );

/** Rolls back by hand and tells what came of it. */
async function rollBack(to?: string, world: ReleaseWorld = scenario.world) {
  const { service, environment, platform, actor, startedAt, playbook, folder } = release;
  const order: RollbackByHandOrder = {
    release: "rel_back",
    service,
    environment,
    platform,
    actor,
    startedAt,
    playbook,
    folder,
    because: "errors since ten",
    ...(to === undefined ? {} : { to }),
  };
  await scenario.releases.open(
    {
      id: order.release,
      service,
      environment,
      platform,
      strategy: "rollback",
      version: "v3",
      state: "running",
      phase: "rollback",
      startedBy: actor,
      startedAt,
      source: "",
      split: 0,
    },
    [],
  );
  const flow = rollbackByHandFlow(async () => world);
  const engine = memoryEngine({ clock: scenario.clock, random: () => 0.5, flows: [flow] });
  await engine.start(flow, order.release, order);
  await scenario.clock.runUntil(engine.result(order.release, 3_600_000));
  const record = await scenario.releases.get(order.release);
  return { record, serving: scenario.platform.serving() };
}

describe("a rollback by hand", () => {
  beforeEach(async () => {
    scenario = releaseScenario();
    scenario.platform.seed({ id: "dpl_old" });
    scenario.platform.seed({ id: "dpl_bad" }, { inProduction: true });
    await prove("dpl_old", 100);
    await prove("dpl_good", 200);
    await prove("dpl_bad", 300);
  });

  it("goes to the deployment proven good last, other than the one being left", async () => {
    expect(await rollBack()).toMatchObject({ serving: "dpl_good", record: { state: "rolled back" } });
  });

  it("goes to the one that was named", async () => {
    expect((await rollBack("dpl_old")).serving).toBe("dpl_old");
  });

  it("passes over a proven deployment that the platform no longer has ready", async () => {
    scenario.platform.set("dpl_good", { state: "gone" });
    expect((await rollBack()).serving).toBe("dpl_old");
  });

  it("takes the mark of proof from the one that was left, so that the next rollback does not return to it", async () => {
    await rollBack();
    const proven = await scenario.releases.proven("shop", "production", 10);
    expect(proven.map((p) => p.deployment)).toEqual(["dpl_good", "dpl_old"]);
  });

  it.each([
    { name: "is unknown", to: "dpl_nowhere", code: "ATM-602" },
    { name: "did not build", to: "dpl_broken", code: "ATM-602" },
  ])("refuses a target that $name and leaves traffic where it is", async ({ to, code }) => {
    scenario.platform.seed({ id: "dpl_broken", state: "failed" });
    expect(await rollBack(to)).toMatchObject({
      serving: "dpl_bad",
      record: { state: "failed", problem: { code } },
    });
  });

  it("says so when there is nowhere to go", async () => {
    for (const id of ["dpl_good", "dpl_old"]) scenario.platform.set(id, { state: "gone" });
    expect(await rollBack()).toMatchObject({
      serving: "dpl_bad",
      record: { state: "failed", problem: { code: "ATM-601" } },
    });
  });

  it("is unsafe, and says what every host answers, when it cannot be proven in time", async () => {
    const world = { ...scenario.world };
    scenario.platform.rollBack = async () => undefined;
    const { record } = await rollBack(undefined, world);
    expect(record).toMatchObject({ state: "unsafe", problem: { code: "ATM-603" } });
    expect(record?.problem?.happened).toContain("dpl_bad still answers");
  });

  it("lifts the pin only when the playbook says so", async () => {
    await rollBack();
    expect((await scenario.platform.production()).autoAssign).toBe(false);
  });
});
