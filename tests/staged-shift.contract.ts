import { systemClock } from "@atoms/engine";
import type { LocalCloud } from "@atoms/local-cloud";
import { undiciHttp, type VercelPlatform } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { built, cloudInFolder, order, problemOf } from "./platform.world.js";

/** A visitor of a production host, from an address of its own, with the cookies it was given. */
export type Visitor = { address: string; cookie?: string };

export const visitors = (count: number): Visitor[] =>
  Array.from({ length: count }, (_, at) => ({ address: `203.0.113.${at}` }));

/** Asks as visitors do. */
export function visiting() {
  const http = undiciHttp({ clock: systemClock });
  return {
    close: () => http.close(),
    /** What version answers a visitor, who keeps the cookies of the answer. */
    async visit(host: string, visitor: Visitor, query: Record<string, string> = {}): Promise<string> {
      const result = await http.send({
        url: `${host}/hello?${new URLSearchParams(query)}`,
        headers: {
          "x-forwarded-for": visitor.address,
          ...(visitor.cookie === undefined ? {} : { cookie: visitor.cookie }),
        },
        timeoutMs: 20_000,
      });
      if (!result.answered) throw new Error(`${host}: ${result.message}`);
      const set = result.headers["set-cookie"]?.split(";")[0];
      if (set !== undefined) visitor.cookie = set;
      return JSON.parse(result.body).version;
    },
  };
}

/** A way in which traffic can be split between two deployments of the local cloud. */
export type Splitting = {
  platform(cloud: LocalCloud, project: string): VercelPlatform;
  /** The files of a service that can be split so. */
  service(version: string): Record<string, string>;
  /** Waits until traffic goes as the platform was last told. */
  settled(host: string, platform: VercelPlatform): Promise<void>;
};

/** The promises of the platform port on staged shifts, whatever it is that splits traffic. */
export function stagedShiftContract(title: string, splitting: Splitting): void {
  describe.sequential(`a staged shift by ${title}`, () => {
    const shares = [0, 0.1, 0.3, 0.6, 1];
    const { visit, close } = visiting();
    let end: () => Promise<void>;
    let shop: VercelPlatform;
    let host: string;
    let stable: string;
    let candidate: string;
    let other: string;
    let crowd: Visitor[];

    const settled = () => splitting.settled(host, shop);
    const everybodyGets = async (version: string) => {
      for (const visitor of [...crowd, ...visitors(5)]) expect(await visit(host, visitor)).toBe(version);
    };

    beforeAll(async () => {
      const world = await cloudInFolder();
      end = world.end;
      shop = splitting.platform(world.cloud, "shop");
      await shop.ensureProject();
      const made = ["v1", "v2", "v3"].map((version) =>
        shop.createDeployment(order(`rel_${version}`, version, splitting.service(version))),
      );
      const ready = [];
      for (const one of made) ready.push(await built(shop, (await one).id));
      [stable, candidate, other] = ready.map((one) => one.id) as [string, string, string];
    }, 60_000);
    afterAll(async () => {
      await Promise.all([close(), shop?.close()]);
      await end?.();
    });

    it("has nothing to shift from before there is production", async () => {
      expect(await shop.rollout()).toBeUndefined();
      expect(await shop.keepRollout(candidate)).not.toMatchObject({ state: "active" });
      expect((await problemOf(shop.beginRollout(candidate, shares))).code).toBe("ATM-312");
      expect((await problemOf(shop.advanceRollout(candidate, 1))).code).toBe("ATM-312");
      await shop.promote(stable);
      host = (await shop.production()).hosts[0] as string;
    });

    it("begins dark, twice as well as once, and production is the stable deployment", async () => {
      await shop.beginRollout(candidate, shares);
      await shop.beginRollout(candidate, shares);
      const dark = { candidate, stable, state: "active", shares, stage: 0, share: 0 };
      expect(await shop.rollout()).toEqual(dark);
      expect(await shop.keepRollout(candidate)).toEqual(dark);
      const production = await shop.production();
      expect(production.deployment?.id).toBe(stable);
      expect(production.moving).toBeUndefined();
      await settled();
      crowd = visitors(60);
      await everybodyGets("v1");
    });

    it("in the dark, either arm is reached by forcing it through the production host", async () => {
      const [one] = visitors(1) as [Visitor];
      for (const turn of [1, 2]) {
        expect(await visit(host, one, shop.forceArm("canary").query), `turn ${turn}`).toBe("v2");
        expect(await visit(host, one), `turn ${turn}`).toBe("v2");
        expect(await visit(host, one, shop.forceArm("stable").query), `turn ${turn}`).toBe("v1");
      }
    });

    it("moves on through the stages between, never back, and keeps visitors on their side", async () => {
      await shop.advanceRollout(candidate, 2);
      await shop.advanceRollout(candidate, 2);
      await shop.advanceRollout(candidate, 0);
      expect(await shop.rollout()).toMatchObject({ state: "active", stage: 2, share: 0.3 });
      await settled();
      const first = await Promise.all(crowd.map((visitor) => visit(host, visitor)));
      const second = await Promise.all(crowd.map((visitor) => visit(host, visitor)));
      expect(second).toEqual(first);
      const onCanary = first.filter((version) => version === "v2").length;
      expect(onCanary).toBeGreaterThan(4);
      expect(onCanary).toBeLessThan(40);
      await expect(shop.advanceRollout(candidate, 5)).rejects.toThrow(RangeError);
      // With more traffic there are more of them, and nobody goes back.
      await shop.advanceRollout(candidate, 3);
      await settled();
      const third = await Promise.all(crowd.map((visitor) => visit(host, visitor)));
      expect(first.filter((version, at) => version === "v2" && third[at] !== "v2")).toEqual([]);
    });

    it("is in the way of another's shift and of a promote, and neither is queued behind it", async () => {
      const begun = await problemOf(shop.beginRollout(other, shares));
      expect([begun.code, begun.ending]).toEqual(["ATM-314", "refused"]);
      expect(begun.happened).toContain(`${candidate} is under way (stage 4 of 5, 60 %)`);
      expect((await problemOf(shop.beginRollout(candidate, [0.5, 1]))).code).toBe("ATM-314");
      expect((await problemOf(shop.advanceRollout(other, 1))).code).toBe("ATM-314");
      expect((await problemOf(shop.promote(other))).code).toBe("ATM-313");
      expect(await shop.rollout()).toMatchObject({ candidate, stage: 3, share: 0.6 });
      await shop.clearRollout();
      expect(await shop.rollout()).toMatchObject({ state: "active", share: 0.6 });
    });

    it("rolled back in the middle, twice as well as once, everybody is back on stable", async () => {
      const seen = new Set(await Promise.all(crowd.map((visitor) => visit(host, visitor))));
      expect([...seen].sort()).toEqual(["v1", "v2"]);
      await shop.rollBack(stable, "the canary fails");
      await shop.rollBack(stable, "the canary fails");
      await settled();
      await everybodyGets("v1");
      expect(await shop.rollout()).toMatchObject({ candidate, stable, state: "aborted", share: 0 });
      expect(await shop.keepRollout(candidate)).toMatchObject({ state: "aborted" });
      expect(await shop.production()).toMatchObject({ deployment: { id: stable }, autoAssign: false });
      expect((await problemOf(shop.advanceRollout(candidate, 3))).happened).toContain("was aborted");
    });

    it("begins anew after that, and completes: production serves the candidate", async () => {
      await shop.beginRollout(candidate, [0.5, 0.9, 1]);
      await shop.advanceRollout(candidate, 1);
      expect(await shop.rollout()).toMatchObject({ state: "active", stage: 1, share: 0.9 });
      await shop.advanceRollout(candidate, 2);
      expect(await shop.rollout()).toMatchObject({ state: "complete", stage: 2, share: 1 });
      expect((await shop.production()).deployment?.id).toBe(candidate);
      await settled();
      await everybodyGets("v2");
      await shop.advanceRollout(candidate, 2);
      await shop.beginRollout(candidate, [0.5, 0.9, 1]);
      expect(await shop.rollout()).toMatchObject({ state: "complete" });
    });

    it("cleared after it, once or twice, a promote moves everything at once", async () => {
      await shop.clearRollout();
      await shop.clearRollout();
      await shop.promote(other);
      await settled();
      await everybodyGets("v3");
    });

    it("is not begun for what can serve nobody, and not by shares that are none", async () => {
      expect((await problemOf(shop.beginRollout("dpl_nothing", [0.5, 1]))).code).toBe("ATM-309");
      await expect(shop.beginRollout(candidate, [0.5, 0.4])).rejects.toThrow(RangeError);
      await everybodyGets("v3");
    });
  });
}
