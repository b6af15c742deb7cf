import type { Ledger, LedgerEvent } from "@atoms/playbook";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { beginning, canonicalJson, chainHash } from "./chain.js";
import { anEvent } from "./fixtures.contract.js";

/** Holds a ledger to the words of its port. @param fresh Gives an empty ledger. */
export function ledgerContract(name: string, fresh: () => Promise<Ledger>): void {
  describe(`a ledger (${name})`, () => {
    let ledger: Ledger;
    beforeEach(async () => {
      ledger = await fresh();
    });

    it("is intact when it is empty", async () => {
      expect(await ledger.verify()).toEqual({ intact: true, entries: 0, head: beginning });
      expect(await ledger.append([])).toEqual([]);
      expect(await ledger.read({})).toEqual([]);
    });

    it("chains what is appended, in order and without gaps", async () => {
      const events = [anEvent(), anEvent({ data: { split: 0.25, list: [1, null, { deep: true }] } })];
      const { release: _, ...withoutRelease } = anEvent();
      const entries = [...(await ledger.append(events)), ...(await ledger.append([withoutRelease]))];
      expect(entries.map((one) => one.seq)).toEqual([1, 2, 3]);
      expect(entries[0]?.previous).toBe(beginning);
      for (const [i, entry] of entries.entries()) {
        const { seq, hash, previous, ...event } = entry;
        expect(event).toEqual([...events, withoutRelease][i]);
        expect(hash).toBe(chainHash(previous, canonicalJson(event)));
        expect(previous).toBe(entries[i - 1]?.hash ?? beginning);
      }
      expect(await ledger.read({})).toEqual(entries);
      expect(await ledger.verify()).toEqual({ intact: true, entries: 3, head: entries[2]?.hash });
    });

    it("writes an event of a known key once and gives the standing entry back", async () => {
      const [first] = await ledger.append([anEvent({ key: "same", data: { n: 1 } })]);
      const again = await ledger.append([
        anEvent({ key: "same", data: { n: 2 } }),
        anEvent({ key: "new" }),
        anEvent({ key: "new", data: { n: 3 } }),
      ]);
      expect(again[0]).toEqual(first);
      expect(again[1]?.seq).toBe(2);
      expect(again[2]).toEqual(again[1]);
      expect(await ledger.read({})).toHaveLength(2);
    });

    it("has no gaps and no forks when many write at once", async () => {
      await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          ledger.append([anEvent({ key: `w${i}` }), anEvent({ key: "shared" }), anEvent({ key: `v${i}` })]),
        ),
      );
      const entries = await ledger.read({});
      expect(entries.map((one) => one.seq)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
      expect(await ledger.verify()).toMatchObject({ intact: true, entries: 25 });
    });

    it("reads by place, release, environment and kind, from either end", async () => {
      await ledger.append([
        anEvent({ key: "a", kind: "release.started" }),
        anEvent({ key: "b", release: "rel_2" }),
        anEvent({ key: "c", environment: "preview" }),
        anEvent({ key: "d" }),
        anEvent({ key: "e" }),
      ]);
      const keys = async (query: Parameters<Ledger["read"]>[0]) =>
        (await ledger.read(query)).map((one) => one.key).join("");
      expect(await keys({ after: 3 })).toBe("de");
      expect(await keys({ release: "rel_1" })).toBe("acde");
      expect(await keys({ environment: "production", kind: "phase.started" })).toBe("bde");
      expect(await keys({ limit: 2 })).toBe("ab");
      expect(await keys({ limit: 2, last: true })).toBe("de");
      expect(await keys({ release: "rel_1", limit: 3, last: true, after: 1 })).toBe("cde");
      expect(await keys({ kind: "nothing" })).toBe("");
    });

    it("gives back any event as it was, and stays intact", async () => {
      const text = fc.string({ unit: "binary", maxLength: 12 });
      const anything = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
      let at = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ kind: text, service: text, data: anything }), { minLength: 1, maxLength: 4 }),
          async (parts) => {
            const events = parts.map((part) => anEvent({ ...part, key: `p${at++}` } as Partial<LedgerEvent>));
            const entries = await ledger.append(events);
            for (const [i, entry] of entries.entries()) {
              const { seq, hash, previous, ...event } = entry;
              const given = events[i] as LedgerEvent;
              expect(canonicalJson(event)).toBe(
                canonicalJson({ ...given, kind: held(given.kind), service: held(given.service) }),
              );
            }
            expect((await ledger.verify()).intact).toBe(true);
          },
        ),
        { numRuns: 25 },
      );
    });

    it("keeps names that PostgreSQL cannot hold with U+FFFD in its place, and data as it is", async () => {
      const [entry] = await ledger.append([
        anEvent({ kind: "a\u0000b", service: "half \ud83d", data: { "k\u0000": "v\u0000 \udc00" } }),
      ]);
      expect(entry).toMatchObject({
        kind: "a\ufffdb",
        service: "half \ufffd",
        data: { "k\u0000": "v\u0000 \udc00" },
      });
      expect(await ledger.read({})).toEqual([entry]);
      expect((await ledger.verify()).intact).toBe(true);
    });
  });
}

/** What a text column can hold of a name. */
function held(name: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(name)).replaceAll("\u0000", "\ufffd");
}
