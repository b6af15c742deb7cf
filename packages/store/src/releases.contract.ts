import type { Activity, Ledger, Releases } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { anEvent, aRelease, noon } from "./fixtures.contract.js";

/** Holds releases to the words of their port. @param fresh Gives empty releases and the ledger they write to. */
export function releasesContract(
  name: string,
  fresh: () => Promise<{ releases: Releases; ledger: Ledger }>,
): void {
  describe(`releases (${name})`, () => {
    let releases: Releases;
    let ledger: Ledger;
    const keys = async () => (await ledger.read({})).map((one) => one.key);
    beforeEach(async () => {
      ({ releases, ledger } = await fresh());
    });

    it("opens a release with its events, and gives it back", async () => {
      const release = aRelease({ previous: { id: "dpl_1", address: "http://one" } });
      expect(await releases.open(release, [anEvent({ key: "opened" })])).toEqual(release);
      expect(await releases.get("rel_1")).toEqual(release);
      expect(await releases.running("shop", "production")).toEqual(release);
      expect(await releases.running("shop", "preview")).toBeUndefined();
      expect(await releases.get("rel_9")).toBeUndefined();
      expect(await keys()).toEqual(["opened"]);
    });

    it("refuses a second running release of the environment: who, what, since when", async () => {
      await releases.open(aRelease({ phase: "watch" }), [anEvent({ key: "first" })]);
      const error = await releases
        .open(aRelease({ id: "rel_2" }), [anEvent({ key: "second" })])
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "ATM-501", ending: "refused" });
      for (const fact of ["rel_1", "ada", "production", "watch", "2026-01-05T12:00:00.000Z"])
        expect((error as Error).message).toContain(fact);
      expect(await releases.get("rel_2")).toBeUndefined();
      expect(await keys()).toEqual(["first"]);
    });

    it("lets one of many win", async () => {
      const tries = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) =>
          releases.open(aRelease({ id: `rel_${i}` }), [anEvent({ key: `opened ${i}` })]),
        ),
      );
      expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(1);
      for (const one of tries) if (one.status === "rejected") expect(one.reason.code).toBe("ATM-501");
      expect(await keys()).toHaveLength(1);
    });

    it("allows a running release in each environment and of each service", async () => {
      await releases.open(aRelease(), []);
      await releases.open(aRelease({ id: "rel_2", environment: "preview" }), []);
      await releases.open(aRelease({ id: "rel_3", service: "blog" }), []);
      expect((await releases.list({ state: "running", limit: 10 })).map((one) => one.id).sort()).toEqual([
        "rel_1",
        "rel_2",
        "rel_3",
      ]);
    });

    it("opens the same id once: the second time it gives back what stands", async () => {
      await releases.open(aRelease(), [anEvent({ key: "opened" })]);
      await releases.change("rel_1", { phase: "watch", split: 1 }, []);
      expect(await releases.open(aRelease(), [anEvent({ key: "opened" })])).toMatchObject({
        phase: "watch",
        split: 1,
      });
      expect(await keys()).toEqual(["opened"]);
    });

    it("changes members and leaves the others, with the events in the same transaction", async () => {
      await releases.open(aRelease(), []);
      const changed = await releases.change(
        "rel_1",
        { candidate: { id: "dpl_2", address: "http://two" }, because: "nul \u0000 is kept" },
        [anEvent({ key: "changed" })],
      );
      expect(changed).toEqual(
        aRelease({ candidate: { id: "dpl_2", address: "http://two" }, because: "nul \u0000 is kept" }),
      );
      expect(await releases.get("rel_1")).toEqual(changed);
      expect(await keys()).toEqual(["changed"]);
      await expect(releases.change("rel_9", { split: 1 }, [anEvent({ key: "never" })])).rejects.toMatchObject(
        {
          code: "ATM-511",
        },
      );
      expect(await keys()).toEqual(["changed"]);
    });

    it("changes nothing when the events cannot be written", async () => {
      await releases.open(aRelease(), []);
      const circular: Record<string, unknown> = {};
      circular["self"] = circular;
      await expect(
        releases.change("rel_1", { split: 1 }, [anEvent({ data: circular as never })]),
      ).rejects.toThrow();
      expect((await releases.get("rel_1"))?.split).toBe(0);
    });

    it("loses no change when several write at once", async () => {
      await releases.open(aRelease(), []);
      await Promise.all([
        releases.change("rel_1", { split: 0.5 }, []),
        releases.change("rel_1", { phase: "watch" }, []),
        releases.change("rel_1", { because: "all" }, []),
      ]);
      expect(await releases.get("rel_1")).toMatchObject({ split: 0.5, phase: "watch", because: "all" });
    });

    it("frees the environment when a release ends, and not before", async () => {
      await releases.open(aRelease(), []);
      await releases.change("rel_1", { state: "released", endedAt: noon + 5 }, []);
      await releases.open(aRelease({ id: "rel_2" }), []);
      await expect(releases.change("rel_1", { state: "running" }, [])).rejects.toMatchObject({
        code: "ATM-501",
      });
      expect(await releases.get("rel_1")).toMatchObject({ state: "released" });
    });

    it("says what a release is doing while it runs, and no longer when it has ended", async () => {
      const activity: Activity = {
        phase: "deploy",
        doing: "waiting for the build",
        since: noon,
        until: noon + 9,
      };
      await releases.open(aRelease(), []);
      await releases.doing("rel_1", activity);
      expect((await releases.running("shop", "production"))?.activity).toEqual(activity);
      await releases.change("rel_1", { split: 1 }, []);
      expect((await releases.get("rel_1"))?.activity).toEqual(activity);
      const ended = await releases.change("rel_1", { state: "failed" }, []);
      expect(ended.activity).toBeUndefined();
      await releases.doing("rel_1", activity);
      expect((await releases.get("rel_1"))?.activity).toBeUndefined();
      await expect(releases.doing("rel_9", activity)).rejects.toMatchObject({ code: "ATM-511" });
      expect(await keys()).toEqual([]);
    });

    it("lists the newest first, by service, environment and state", async () => {
      for (const [i, service] of ["shop", "blog", "shop"].entries())
        await releases.open(
          aRelease({ id: `rel_${i}`, service, state: i === 0 ? "failed" : "running", startedAt: noon + i }),
          [],
        );
      const ids = async (query: Parameters<Releases["list"]>[0]) =>
        (await releases.list(query)).map((one) => one.id);
      expect(await ids({ limit: 10 })).toEqual(["rel_2", "rel_1", "rel_0"]);
      expect(await ids({ service: "shop", limit: 1 })).toEqual(["rel_2"]);
      expect(await ids({ environment: "production", state: "failed", limit: 9 })).toEqual(["rel_0"]);
    });

    it("remembers what was proven good, newest proof first, and forgets what was disproved", async () => {
      const proof = (deployment: string, at: number) => ({
        service: "shop",
        environment: "production",
        deployment,
        address: `http://${deployment}`,
        version: "v1",
        at,
      });
      await releases.prove(proof("dpl_1", 1), [anEvent({ key: "proved 1" })]);
      await releases.prove(proof("dpl_2", 2), []);
      await releases.prove({ ...proof("dpl_9", 9), service: "blog" }, []);
      await releases.prove({ ...proof("dpl_1", 3), release: "rel_3" }, [anEvent({ key: "proved 1" })]);
      expect(await releases.proven("shop", "production", 10)).toEqual([
        { ...proof("dpl_1", 3), release: "rel_3" },
        proof("dpl_2", 2),
      ]);
      expect(await releases.proven("shop", "production", 1)).toHaveLength(1);
      await releases.disprove("shop", "production", "dpl_1");
      await releases.disprove("shop", "production", "never there");
      expect((await releases.proven("shop", "production", 10)).map((one) => one.deployment)).toEqual([
        "dpl_2",
      ]);
      expect(await keys()).toEqual(["proved 1"]);
    });
  });
}
