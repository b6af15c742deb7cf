import { systemClock } from "@atoms/engine";
import type { LocalCloud } from "@atoms/local-cloud";
import { type VercelClient, type VercelPlatform, vercelClient } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { built, cloudInFolder, order, platformOn, problemOf, service } from "./platform.world.js";
import { stagedShiftContract, type Visitor, visiting, visitors } from "./staged-shift.contract.js";

/** The promises of the platform port on staged shifts, kept against a real local cloud with real visitors. */

const { visit, close } = visiting();

stagedShiftContract("rolling releases", {
  platform: platformOn,
  service,
  settled: async () => undefined,
});

describe.sequential("a rolling release on the local cloud", () => {
  const shares = [0, 0.1, 0.3, 0.6, 1];
  let cloud: LocalCloud;
  let end: () => Promise<void>;
  let shop: VercelPlatform;
  /** Somebody else, with other tools and the same rights. */
  let person: VercelClient;
  let project: string;
  let host: string;
  let stable: string;
  let candidate: string;
  let other: string;
  let crowd: Visitor[];

  const everybodyGets = async (version: string) => {
    for (const visitor of [...crowd, ...visitors(5)]) expect(await visit(host, visitor)).toBe(version);
  };
  const rollingRelease = async () => (await person.projects.get(project)).rollingRelease ?? null;
  const faults = (init: RequestInit = {}) =>
    fetch(`${cloud.apiUrl}/atoms/faults`, {
      ...init,
      headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
    });
  /** Cuts the connection of the next call like this, after it was done or before. */
  const cut = async (when: "after" | "before", method: string, path: string) => {
    const body = JSON.stringify({ method, path, kind: `cut-${when}` });
    expect((await faults({ method: "POST", body })).ok).toBe(true);
  };

  beforeAll(async () => {
    ({ cloud, end } = await cloudInFolder());
    shop = platformOn(cloud, "shop");
    person = vercelClient({
      api: cloud.apiUrl,
      token: cloud.token,
      team: cloud.team.slug,
      clock: systemClock,
    });
    await shop.ensureProject();
    project = (await person.projects.get("shop")).id;
    const made = ["v1", "v2", "v3"].map((version) => shop.createDeployment(order(`rel_${version}`, version)));
    const ready = [];
    for (const one of made) ready.push(await built(shop, (await one).id));
    [stable, candidate, other] = ready.map((one) => one.id) as [string, string, string];
  }, 60_000);
  afterAll(async () => {
    await Promise.all([close(), shop?.close(), person?.close()]);
    await end?.();
  });

  test("has nothing to shift from before there is production, and leaves no stages behind", async () => {
    expect(await shop.rollout()).toBeUndefined();
    expect((await problemOf(shop.beginRollout(candidate, shares))).code).toBe("ATM-312");
    expect((await problemOf(shop.advanceRollout(candidate, 1))).code).toBe("ATM-312");
    expect(await rollingRelease()).toBeNull();
    await shop.promote(stable);
    host = (await shop.production()).hosts[0] as string;
  });

  test("begins dark, twice as well as once, and production is the stable deployment", async () => {
    await shop.beginRollout(candidate, shares);
    const startedAt = (await person.rollingRelease.get(project))?.startedAt;
    await shop.beginRollout(candidate, shares);
    expect((await person.rollingRelease.get(project))?.startedAt).toBe(startedAt);
    expect(await shop.rollout()).toEqual({
      candidate,
      stable,
      state: "active",
      shares,
      stage: 0,
      share: 0,
    });
    const production = await shop.production();
    expect(production.deployment?.id).toBe(stable);
    expect(production.moving).toBeUndefined();
    crowd = visitors(60);
    await everybodyGets("v1");
  });

  test("moves on through the stages between, never back, and keeps visitors on their side", async () => {
    await shop.advanceRollout(candidate, 2);
    await shop.advanceRollout(candidate, 2);
    await shop.advanceRollout(candidate, 0);
    expect(await shop.rollout()).toMatchObject({ state: "active", stage: 2, share: 0.3 });
    const first = await Promise.all(crowd.map((visitor) => visit(host, visitor)));
    const second = await Promise.all(crowd.map((visitor) => visit(host, visitor)));
    expect(second).toEqual(first);
    const onCanary = first.filter((version) => version === "v2").length;
    expect(onCanary).toBeGreaterThan(4);
    expect(onCanary).toBeLessThan(40);
    await expect(shop.advanceRollout(candidate, 5)).rejects.toThrow(RangeError);
  });

  test("is in the way of another's shift and of a promote, and neither is queued behind it", async () => {
    const begun = await problemOf(shop.beginRollout(other, shares));
    expect([begun.code, begun.ending]).toEqual(["ATM-314", "refused"]);
    expect(begun.happened).toContain(`${candidate} is under way (stage 3 of 5, 30 %)`);
    expect((await problemOf(shop.beginRollout(candidate, [0.5, 1]))).code).toBe("ATM-314");
    expect((await problemOf(shop.advanceRollout(other, 1))).code).toBe("ATM-314");
    expect((await problemOf(shop.promote(other))).code).toBe("ATM-313");
    expect(await person.rollingRelease.get(project)).toMatchObject({ queuedDeploymentId: null });
    expect(await shop.rollout()).toMatchObject({ candidate, stage: 2, share: 0.3 });
  });

  test("rolled back in the middle, with the answer lost, everybody is back on stable at once", async () => {
    const seen = new Set(await Promise.all(crowd.map((visitor) => visit(host, visitor))));
    expect([...seen].sort()).toEqual(["v1", "v2"]);
    await cut("after", "POST", "/rollback/");
    await shop.rollBack(stable, "the canary fails");
    await everybodyGets("v1");
    expect(await shop.rollout()).toMatchObject({ candidate, stable, state: "aborted", share: 0 });
    expect(await shop.production()).toMatchObject({ deployment: { id: stable }, autoAssign: false });
    expect((await problemOf(shop.advanceRollout(candidate, 3))).happened).toContain("was aborted");
  });

  test("begins anew after that, and completes, although every answer is lost", async () => {
    await cut("after", "PATCH", "/rolling-release/config");
    await cut("after", "POST", "/rolling-release/start");
    await shop.beginRollout(candidate, [0.5, 0.9, 1]);
    await cut("after", "POST", "/rolling-release/approve-stage");
    await shop.advanceRollout(candidate, 1);
    expect(await shop.rollout()).toMatchObject({ state: "active", stage: 1, share: 0.9 });
    await cut("after", "POST", "/rolling-release/complete");
    await shop.advanceRollout(candidate, 2);
    expect(await shop.rollout()).toMatchObject({ state: "complete", stage: 2, share: 1 });
    expect((await shop.production()).deployment?.id).toBe(candidate);
    await everybodyGets("v2");
    await shop.advanceRollout(candidate, 2);
    await shop.beginRollout(candidate, [0.5, 0.9, 1]);
    expect(await shop.rollout()).toMatchObject({ state: "complete" });
  });

  test("stages that a crash left behind do not turn a promote into a rolling release", async () => {
    expect(await rollingRelease()).toMatchObject({ advancementType: "manual-approval" });
    await shop.promote(stable);
    expect(await rollingRelease()).toBeNull();
    expect(await shop.rollout()).toMatchObject({ candidate, state: "complete" });
    await everybodyGets("v1");
  });

  test("cleared while it runs it runs on; cleared, a promote moves everything at once", async () => {
    await shop.beginRollout(candidate, [0.5, 1]);
    await cut("after", "DELETE", "/rolling-release/config");
    await shop.clearRollout();
    await shop.clearRollout();
    expect(await rollingRelease()).toBeNull();
    expect(await shop.rollout()).toMatchObject({ state: "active", share: 0.5 });
    // Every host leads to the base, and the settings say nothing: only the run itself tells that traffic is split.
    await cut("before", "POST", "/rollback/");
    await shop.rollBack(stable, "enough");
    expect(await shop.rollout()).toMatchObject({ state: "aborted" });
    await shop.promote(other);
    expect(await shop.rollout()).toMatchObject({ candidate, state: "aborted" });
    await everybodyGets("v3");
  });

  test("settings of a person are left alone: no promote into their stages, no shift over them", async () => {
    await person.rollingRelease.configure(project, {
      enabled: true,
      advancementType: "automatic",
      stages: [{ targetPercentage: 20, duration: 60 }, { targetPercentage: 100 }],
    });
    expect((await problemOf(shop.promote(stable))).code).toBe("ATM-313");
    expect((await problemOf(shop.beginRollout(candidate, shares))).code).toBe("ATM-313");
    await shop.clearRollout();
    expect(await rollingRelease()).toMatchObject({ advancementType: "automatic" });
    await everybodyGets("v3");
    // Theirs with our candidate advances by itself: it is not ours to judge.
    await person.rollingRelease.start(project, candidate);
    expect((await problemOf(shop.beginRollout(candidate, [0.2, 1]))).code).toBe("ATM-314");
    await shop.rollBack(other, "tidy up");
    expect(await shop.rollout()).toMatchObject({ state: "aborted" });
  });

  test("every fault that was set has struck", async () => {
    const { faults: set } = (await (await faults()).json()) as { faults: { left: number }[] };
    expect(set.filter((one) => one.left > 0)).toEqual([]);
  });
});
