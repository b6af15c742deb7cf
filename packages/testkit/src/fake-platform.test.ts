import { describe, expect, it } from "vitest";
import { fakeClock } from "./fake-clock.js";
import { fakePlatform } from "./fake-platform.js";

const order = {
  release: "rel_1",
  version: "v20260105.120000",
  source: { digest: "d", files: [{ path: "a.js", sha1: "s", size: 3, mode: 0o100644 }] },
  variables: {},
  read: async () => new Uint8Array(3),
};

describe("a fake platform", () => {
  it("builds for as long as it is told, then is ready and can be promoted", async () => {
    const clock = fakeClock();
    const platform = fakePlatform({ clock, buildMs: 5_000, moveMs: 1_000 });
    const made = await platform.createDeployment(order);
    expect(made).toMatchObject({ state: "building", release: "rel_1", version: order.version });
    await expect(platform.promote(made.id)).rejects.toMatchObject({ code: "ATM-300" });
    await clock.advance(5_000);
    expect(await platform.findDeployment("rel_1")).toMatchObject({ id: made.id, state: "ready" });
    await platform.promote(made.id);
    expect(await platform.production()).toMatchObject({ moving: { to: made.id, kind: "promote" } });
    await clock.advance(1_000);
    expect(platform.serving()).toBe(made.id);
    expect(await platform.aliases()).toEqual([{ host: "shop.localhost", deployment: made.id }]);
  });

  it("fails before acting, acts and fails, or is slow, as often as it is told", async () => {
    const clock = fakeClock();
    const platform = fakePlatform({ clock });
    platform.seed({ id: "dpl_old" }, { inProduction: true });
    platform.seed({ id: "dpl_new" });
    platform.fail("promote", { how: "before" });
    platform.fail("promote", { how: "after" });
    platform.fail("rollBack", { how: "slow", ms: 4_000 });

    await expect(platform.promote("dpl_new")).rejects.toThrow("before");
    expect(platform.serving()).toBe("dpl_old");
    await expect(platform.promote("dpl_new")).rejects.toThrow("lost");
    expect(platform.serving()).toBe("dpl_new");
    await platform.promote("dpl_new");

    const back = platform.rollBack("dpl_old", "worse");
    await clock.advance(3_999);
    expect(platform.serving()).toBe("dpl_new");
    await clock.advance(1);
    await back;
    expect(platform.serving()).toBe("dpl_old");
    expect(await platform.production()).toMatchObject({ autoAssign: false });
    expect(platform.calls.map((one) => one.call)).toEqual([
      "promote",
      "promote",
      "promote",
      "rollBack",
      "production",
    ]);
  });

  it("fails builds when told, and knows deployments by host", async () => {
    const platform = fakePlatform({ clock: fakeClock() });
    platform.buildsEnd("failed", "exit 1");
    const made = await platform.createDeployment(order);
    expect(made).toMatchObject({ state: "failed", failure: "exit 1" });
    expect(await platform.deployment("dpl-1.localhost")).toMatchObject({ id: made.id });
    expect(await platform.deployment("nobody.localhost")).toBeUndefined();
  });

  describe("shifts in stages", () => {
    const shares = [0, 0.25, 0.5, 1];
    const shifting = async () => {
      const platform = fakePlatform({ clock: fakeClock() });
      platform.seed({ id: "dpl_old" }, { inProduction: true });
      platform.seed({ id: "dpl_new" });
      await platform.beginRollout("dpl_new", shares);
      return platform;
    };

    it("begins once, moves on and never back, and ends with the candidate in production", async () => {
      const platform = await shifting();
      await platform.beginRollout("dpl_new", shares);
      expect(await platform.rollout()).toEqual({
        candidate: "dpl_new",
        stable: "dpl_old",
        state: "active",
        shares,
        stage: 0,
        share: 0,
      });
      await platform.advanceRollout("dpl_new", 2);
      await platform.advanceRollout("dpl_new", 1);
      expect([platform.share(), platform.serving()]).toEqual([0.5, "dpl_old"]);
      expect((await platform.production()).moving).toBeUndefined();
      await expect(platform.advanceRollout("dpl_new", 4)).rejects.toThrow(RangeError);
      await platform.advanceRollout("dpl_new", 3);
      expect(await platform.rollout()).toMatchObject({ state: "complete", stage: 3, share: 1 });
      expect([platform.share(), platform.serving()]).toEqual([1, "dpl_new"]);
      await platform.beginRollout("dpl_new", shares);
      expect(await platform.rollout()).toMatchObject({ state: "complete" });
    });

    it("is aborted by a rollback, and can be begun anew", async () => {
      const platform = await shifting();
      await platform.advanceRollout("dpl_new", 1);
      await platform.rollBack("dpl_old", "worse");
      expect(await platform.rollout()).toMatchObject({ state: "aborted", share: 0 });
      expect([platform.share(), platform.serving()]).toEqual([0, "dpl_old"]);
      await expect(platform.advanceRollout("dpl_new", 2)).rejects.toMatchObject({ code: "ATM-312" });
      await platform.beginRollout("dpl_new", [0.5, 1]);
      expect(platform.share()).toBe(0.5);
    });

    it("refuses what is in the way of it", async () => {
      const platform = await shifting();
      platform.seed({ id: "dpl_other" });
      await expect(platform.beginRollout("dpl_other", shares)).rejects.toMatchObject({ code: "ATM-314" });
      await expect(platform.beginRollout("dpl_new", [0.5, 1])).rejects.toMatchObject({ code: "ATM-314" });
      await expect(platform.advanceRollout("dpl_other", 1)).rejects.toMatchObject({ code: "ATM-314" });
      await expect(platform.promote("dpl_other")).rejects.toMatchObject({ code: "ATM-313" });
      await expect(platform.beginRollout("dpl_new", [1, 0.5])).rejects.toThrow(RangeError);
    });

    it("keeps its stages until they are cleared or somebody promotes, and can lose answers", async () => {
      const platform = await shifting();
      platform.fail("advanceRollout", { how: "after" });
      await expect(platform.advanceRollout("dpl_new", 1)).rejects.toThrow("lost");
      expect(platform.share()).toBe(0.25);
      expect(platform.stages()).toEqual(shares);
      await platform.clearRollout();
      await platform.clearRollout();
      expect(platform.stages()).toBeUndefined();
      expect(platform.share()).toBe(0.25);

      await platform.rollBack("dpl_old", "worse");
      await platform.beginRollout("dpl_new", shares);
      await platform.rollBack("dpl_old", "worse");
      await platform.promote("dpl_new");
      expect([platform.stages(), platform.serving()]).toEqual([undefined, "dpl_new"]);
    });
  });
});
