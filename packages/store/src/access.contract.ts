import type { Ledger } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import type { AccessStore, Credential } from "./access.js";
import { anEvent, noon } from "./fixtures.contract.js";

const aToken = (change: Partial<Credential> = {}): Credential => ({
  id: "tok_1",
  kind: "token",
  name: "ci",
  role: "operator",
  environments: ["production"],
  createdAt: noon,
  createdBy: "ada",
  ...change,
});
const aLink = (change: Partial<Credential> = {}): Credential =>
  aToken({ id: "lnk_1", kind: "link", name: "ada", expiresAt: noon + 1_000, ...change });

/** Holds the keeping of credentials to the words of its port. */
export function accessContract(
  name: string,
  fresh: () => Promise<{ access: AccessStore; ledger: Ledger }>,
): void {
  describe(`access (${name})`, () => {
    let access: AccessStore;
    let ledger: Ledger;
    beforeEach(async () => {
      ({ access, ledger } = await fresh());
    });
    const redeem = (digest: string, now: number, session: string) =>
      access.redeem(digest, now, {
        digest: session,
        of: (link) => ({ ...link, id: `ses_${session}`, kind: "session", expiresAt: now + 5_000 }),
        events: () => [anEvent({ key: `redeemed/${session}` })],
      });

    it("finds a token by its digest, while it counts", async () => {
      expect(await access.add(aToken(), "d1", [anEvent({ key: "made" })])).toBe(true);
      expect(await access.find("d1", "token", noon)).toEqual(aToken());
      expect(await access.find("d2", "token", noon)).toBeUndefined();
      const ended = await access.end("token", "ci", noon + 1, () => [anEvent({ key: "ended" })]);
      expect(ended).toEqual(aToken({ endedAt: noon + 1 }));
      expect(await access.find("d1", "token", noon + 2)).toBeUndefined();
      expect(await access.end("token", "tok_1", noon + 3, () => [])).toBeUndefined();
      expect(await access.list({ kind: "token", limit: 5 })).toEqual([ended]);
      expect((await ledger.read({})).map(({ key }) => key)).toEqual(["made", "ended"]);
    });

    it("lets no secret of one kind count as another", async () => {
      await access.add(aLink(), "d1", []);
      await access.add(aToken(), "d2", []);
      expect(await access.find("d1", "token", noon)).toBeUndefined();
      expect(await access.find("d1", "session", noon)).toBeUndefined();
      expect(await redeem("d2", noon, "s")).toBeUndefined();
    });

    it("gives a name to one token that counts, and gives it back when that is over", async () => {
      await access.add(aToken({ expiresAt: noon + 10 }), "d1", []);
      expect(await access.add(aToken({ id: "tok_2" }), "d2", [anEvent({ key: "never" })])).toBe(false);
      expect(await ledger.read({})).toEqual([]);
      expect(await access.add(aToken({ id: "tok_3", createdAt: noon + 10 }), "d3", [])).toBe(true);
      await access.end("token", "ci", noon + 20, () => []);
      expect(await access.add(aToken({ id: "tok_4", createdAt: noon + 30 }), "d4", [])).toBe(true);
    });

    it("lets nobody in from the moment it expires", async () => {
      await access.add(aToken({ expiresAt: noon + 10 }), "d1", []);
      expect(await access.find("d1", "token", noon + 9)).toBeDefined();
      expect(await access.counts("tok_1", noon + 9)).toBe(true);
      expect(await access.counts("tok_1", noon + 10)).toBe(false);
      expect(await access.counts("tok_2", noon)).toBe(false);
      expect(await access.find("d1", "token", noon + 10)).toBeUndefined();
    });

    it("lets a link be used once, by whoever is first", async () => {
      await access.add(aLink(), "d1", []);
      const tries = await Promise.all(["a", "b", "c"].map((one) => redeem("d1", noon + 1, one)));
      const [won, ...more] = tries.filter((one) => one !== undefined);
      expect(more).toEqual([]);
      expect(await access.list({ kind: "session", limit: 5 })).toEqual([won]);
      expect(await ledger.read({})).toHaveLength(1);
      await access.add(aLink({ id: "lnk_2" }), "d2", []);
      expect(await redeem("d2", noon + 1_000, "late")).toBeUndefined();
    });

    it("forgets old links and sessions, and keeps tokens", async () => {
      await access.add(aLink(), "d1", []);
      await access.add(aToken({ expiresAt: noon + 1 }), "d2", []);
      await redeem("d1", noon, "s");
      await access.prune(noon + 1);
      expect(await access.list({ kind: "link", limit: 5 })).toEqual([]);
      expect(await access.list({ kind: "session", limit: 5 })).toHaveLength(1);
      await access.prune(noon + 10_000);
      expect(await access.list({ kind: "session", limit: 5 })).toEqual([]);
      expect(await access.list({ kind: "token", limit: 5 })).toHaveLength(1);
    });
  });
}
