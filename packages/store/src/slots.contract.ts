import type { SlotStore } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { noon } from "./fixtures.contract.js";

/** Holds time slots to the words of their port. */
export function slotsContract(name: string, fresh: () => Promise<SlotStore>): void {
  describe(`slots (${name})`, () => {
    let slots: SlotStore;
    beforeEach(async () => {
      slots = await fresh();
    });

    it("gives each job's slot to one worker, once", async () => {
      expect(await slots.claim(["health", "tls", "tls"], noon, "a")).toEqual(["health", "tls"]);
      expect(await slots.claim(["health", "dns"], noon, "b")).toEqual(["dns"]);
      expect(await slots.claim(["health"], noon, "a")).toEqual([]);
      expect(await slots.claim(["health"], noon + 30_000, "b")).toEqual(["health"]);
      expect(await slots.claim([], noon, "a")).toEqual([]);
    });

    it("gives no slot before one that was claimed", async () => {
      await slots.claim(["health"], noon, "a");
      expect(await slots.claim(["health"], noon - 30_000, "b")).toEqual([]);
    });

    it("goes back only from a time that has not come yet", async () => {
      const now = Date.now();
      await slots.claim(["health"], now + 86_400_000, "ahead");
      expect(await slots.claim(["health"], now + 86_400_000, "b")).toEqual([]);
      expect(await slots.claim(["health"], now, "b")).toEqual(["health"]);
      expect(await slots.claim(["health"], now, "a")).toEqual([]);
      expect(await slots.claim(["health"], now - 30_000, "a")).toEqual([]);
    });

    it("shares the slots among workers that ask at once, none twice", async () => {
      const jobs = Array.from({ length: 50 }, (_, index) => `job-${index}`);
      const shares = await Promise.all(
        ["a", "b", "c", "d"].map((worker, index) =>
          slots.claim(index % 2 === 0 ? jobs : jobs.toReversed(), noon, worker),
        ),
      );
      expect(shares.flat().toSorted()).toEqual(jobs.toSorted());
    });

    it("forgets jobs that have not run for long", async () => {
      await slots.claim(["old"], noon, "a");
      await slots.claim(["new"], noon + 1, "a");
      await slots.prune(noon + 1);
      expect(await slots.claim(["old", "new"], noon, "b")).toEqual(["old"]);
    });
  });
}
