import { memoryEngine } from "@atoms/engine";
import { type RetireOrder, RetireSettings, retireBlueFlow } from "@atoms/playbook";
import { fakeClock, fakePlatform, memoryLedger, memoryReleases } from "@atoms/testkit";
import { describe, expect, it } from "vitest";

function scenario(settings: Record<string, string>) {
  const clock = fakeClock(0);
  const ledger = memoryLedger();
  const releases = memoryReleases(ledger);
  const platform = fakePlatform({ clock });
  const blue = platform.seed({ id: "dpl_blue" });
  platform.seed({ id: "dpl_green" }, { inProduction: true });
  const touched: number[] = [];
  const world = {
    platform,
    releases,
    ledger,
    clock,
    touch: async () => {
      touched.push(clock.now());
      return { ok: true, saw: "answers 200", ms: 1 };
    },
  };
  const flow = retireBlueFlow(async () => world);
  const order: RetireOrder = {
    release: "rel_1",
    service: "shop",
    environment: "production",
    platform: "local",
    playbook: { path: "/shop/playbook.yaml", text: "" },
    folder: "/shop",
    green: "dpl_green",
    blue: { id: blue.id, address: blue.address },
    settings: RetireSettings.parse(settings),
  };
  const engineOn = (journal?: ReturnType<typeof memoryEngine>["journal"]) =>
    memoryEngine({ clock, random: () => 0.5, flows: [flow], ...(journal === undefined ? {} : { journal }) });
  return { clock, ledger, releases, platform, touched, flow, order, engineOn };
}

describe("retiring blue", () => {
  it("keeps it warm for the time, asking now and then, and stops", async () => {
    const { clock, platform, touched, flow, order, engineOn, ledger } = scenario({
      after: "25m",
      every: "1m",
    });
    const engine = engineOn();
    await engine.start(flow, "rel_1/blue", order);
    expect(await clock.runUntil(engine.result("rel_1/blue", 86_400_000))).toMatchObject({ blue: "cold" });
    expect(touched.length).toBeGreaterThanOrEqual(25);
    expect(touched.at(-1)).toBeLessThanOrEqual(25 * 60_000);
    expect(await platform.deployment("dpl_blue")).toBeDefined();
    expect((await ledger.read({ kind: "blue.retired", limit: 5 })).map((one) => one.data["blue"])).toEqual([
      "cold",
    ]);
  });

  it("deletes it once when told to, whenever its process dies, and a rollback does not choose it any more", async () => {
    for (let dieAt = 0; dieAt < 12; dieAt++) {
      const { clock, platform, releases, flow, order, engineOn } = scenario({
        after: "5m",
        policy: "delete",
      });
      const proof = { service: "shop", environment: "production", address: "http://x", version: "v1" };
      await releases.prove({ ...proof, deployment: "dpl_blue", at: 1 }, []);
      let engine = engineOn();
      let moment = 0;
      engine.crashWhen(() => moment++ === dieAt);
      await engine.start(flow, "rel_1/blue", order);
      const first = engine.result("rel_1/blue", 86_400_000).catch(() => undefined);
      for (let i = 0; i < 200 && !engine.crashed; i++) {
        const done = await Promise.race([first.then(() => true), clock.advance(5_000).then(() => false)]);
        if (done) break;
      }
      if (engine.crashed) {
        engine = engineOn(engine.journal);
        await engine.resume();
        await clock.runUntil(engine.result("rel_1/blue", 86_400_000));
      }
      expect(await platform.deployment("dpl_blue")).toBeUndefined();
      expect(await releases.proven("shop", "production", 5)).toEqual([]);
      expect(platform.serving()).toBe("dpl_green");
    }
  });

  it("leaves it alone once production is back on it", async () => {
    const { clock, platform, flow, order, engineOn } = scenario({ after: "30m", policy: "delete" });
    const engine = engineOn();
    await engine.start(flow, "rel_1/blue", order);
    const ended = engine.result("rel_1/blue", 86_400_000);
    await clock.advance(60_000);
    await platform.rollBack("dpl_blue", "worse");
    expect(await clock.runUntil(ended)).toMatchObject({ blue: "left" });
    expect(await platform.deployment("dpl_blue")).toBeDefined();
  });
});
