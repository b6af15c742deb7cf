import type { Ledger, NoticeRecord, Outbox } from "@atoms/playbook";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { aNotice, anEvent, noon } from "./fixtures.contract.js";

/** Holds an outbox to the words of its port. @param fresh Gives an empty outbox and the ledger it writes to. */
export function outboxContract(name: string, fresh: () => Promise<{ outbox: Outbox; ledger: Ledger }>): void {
  describe(`an outbox (${name})`, () => {
    let outbox: Outbox;
    let ledger: Ledger;
    const keysOf = (notices: readonly NoticeRecord[]) => notices.map((one) => one.key);
    beforeEach(async () => {
      ({ outbox, ledger } = await fresh());
    });

    it("keeps a notice once, with its events", async () => {
      const notice = aNotice({ key: "n" });
      await outbox.put([notice], [anEvent({ key: "announced" })]);
      await outbox.put([{ ...notice, text: "other" }], [anEvent({ key: "announced" })]);
      expect(await outbox.list({ limit: 9 })).toEqual([
        { ...notice, state: "waiting", tries: 0, nextAt: noon },
      ]);
      expect(await ledger.read({})).toHaveLength(1);
    });

    it("gives what is due, oldest first, no more than asked, to one taker at a time", async () => {
      await outbox.put(
        [
          aNotice({ key: "late", dueAt: noon + 50 }),
          aNotice({ key: "second", dueAt: noon - 1 }),
          aNotice({ key: "first", dueAt: noon - 2 }),
          aNotice({ key: "third", dueAt: noon }),
        ],
        [],
      );
      expect(keysOf(await outbox.take(noon, 2, 100))).toEqual(["first", "second"]);
      expect(keysOf(await outbox.take(noon, 9, 100))).toEqual(["third"]);
      expect(keysOf(await outbox.take(noon + 99, 9, 100))).toEqual(["late"]);
      // The first two were taken until noon + 100, and nobody said what came of them.
      expect(keysOf(await outbox.take(noon + 100, 9, 100))).toEqual(["first", "second", "third"]);
    });

    it("shares the work: many takers, no notice twice", async () => {
      await outbox.put(
        Array.from({ length: 20 }, (_, i) => aNotice({ key: `n${i}` })),
        [],
      );
      const taken = await Promise.all(Array.from({ length: 5 }, () => outbox.take(noon, 6, 1_000)));
      const keys = taken.flatMap(keysOf);
      expect(new Set(keys).size).toBe(keys.length);
      const rest = keysOf(await outbox.take(noon, 100, 1_000));
      expect(new Set([...keys, ...rest]).size).toBe(20);
    });

    it("writes down what came of a try", async () => {
      await outbox.put(
        ["sent", "again", "dead"].map((key) => aNotice({ key, dueAt: noon })),
        [],
      );
      await outbox.take(noon, 9, 1_000);
      await outbox.settle("sent", { sent: true }, noon + 1);
      await outbox.settle("again", { sent: false, retry: true, because: "503 \u0000" }, noon + 1, noon + 60);
      await outbox.settle("dead", { sent: false, retry: false, because: "404" }, noon + 1);
      const [sent, again, dead] = await outbox.list({ limit: 9 });
      expect(sent).toMatchObject({ state: "sent", tries: 1, sentAt: noon + 1 });
      expect(again).toMatchObject({ state: "waiting", tries: 1, nextAt: noon + 60, because: "503 \u0000" });
      expect(dead).toMatchObject({ state: "dead", tries: 1, because: "404" });
      // A settled notice is no longer held: the next try may be taken as soon as it is due.
      expect(await outbox.take(noon + 59, 9, 1_000)).toEqual([]);
      expect(keysOf(await outbox.take(noon + 60, 9, 1_000))).toEqual(["again"]);
      await outbox.settle("again", { sent: true }, noon + 61);
      const [, delivered] = await outbox.list({ state: "sent", limit: 9 });
      expect(delivered).toMatchObject({ key: "again", tries: 2, sentAt: noon + 61 });
      expect(delivered?.because).toBeUndefined();
      await expect(outbox.settle("nobody", { sent: true }, noon)).rejects.toMatchObject({ code: "ATM-707" });
    });

    it("does not forget that a notice was sent", async () => {
      await outbox.put([aNotice({ key: "n" })], []);
      await outbox.settle("n", { sent: true }, noon + 1);
      await outbox.settle("n", { sent: false, retry: true, because: "late news" }, noon + 2, noon + 3);
      expect(await outbox.list({ limit: 9 })).toMatchObject([{ state: "sent", tries: 1, sentAt: noon + 1 }]);
    });

    it("cancels what still waits, by release and beginning of its key", async () => {
      await outbox.put(
        [
          aNotice({ key: "rel_1/notice/start" }),
          aNotice({ key: "rel_1/notice/end/1" }),
          aNotice({ key: "rel_1/notice/end/2", dueAt: noon - 1 }),
          aNotice({ key: "rel_1/notice/e%" }),
          aNotice({ key: "rel_2/notice/end/1", release: "rel_2" }),
        ],
        [],
      );
      await outbox.settle("rel_1/notice/end/1", { sent: true }, noon);
      expect(await outbox.cancel("rel_1", "rel_1/notice/end")).toEqual(["rel_1/notice/end/2"]);
      expect(await outbox.cancel("rel_1", "rel_1/notice/end")).toEqual([]);
      expect(await outbox.cancel("rel_1", "rel_1/notice/e%")).toEqual(["rel_1/notice/e%"]);
      expect(keysOf(await outbox.take(noon, 9, 10))).toEqual(["rel_1/notice/start", "rel_2/notice/end/1"]);
      expect(keysOf(await outbox.list({ release: "rel_1", state: "cancelled", limit: 9 }))).toHaveLength(2);
    });

    it("takes the truth from a delivery that was under way when the notice was cancelled", async () => {
      await outbox.put([aNotice({ key: "through" }), aNotice({ key: "stopped" })], []);
      await outbox.take(noon, 9, 1_000);
      await outbox.cancel("rel_1", "");
      await outbox.settle("through", { sent: true }, noon + 1);
      await outbox.settle("stopped", { sent: false, retry: true, because: "503" }, noon + 1, noon + 2);
      expect((await outbox.list({ limit: 9 })).map((one) => one.state)).toEqual(["sent", "cancelled"]);
      expect(await outbox.take(noon + 10_000, 9, 10)).toEqual([]);
    });

    it("never gives a notice to two holders, whatever the order of takes, tries and cancels", async () => {
      let round = 0;
      const act = fc.oneof(
        fc.record({
          do: fc.constant("take" as const),
          limit: fc.integer({ min: 1, max: 3 }),
          lease: fc.integer({ min: 1, max: 40 }),
        }),
        fc.record({
          do: fc.constant("settle" as const),
          sent: fc.boolean(),
          again: fc.integer({ min: 0, max: 30 }),
        }),
        fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 30 }) }),
        fc.record({ do: fc.constant("cancel" as const), which: fc.integer({ min: 0, max: 3 }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
          const release = `rel_p${round++}`;
          const keys = [0, 1, 2, 3].map((i) => `${release}/${i}`);
          await outbox.put(
            keys.map((key) => aNotice({ key, release, dueAt: noon + round * 10_000 })),
            [],
          );
          let now = noon + round * 10_000;
          const held = new Map<string, number>();
          const over = new Set<string>();
          for (const one of acts) {
            if (one.do === "wait") now += one.ms;
            if (one.do === "cancel")
              for (const key of await outbox.cancel(release, keys[one.which] ?? "")) over.add(key);
            if (one.do === "take") {
              const taken = (await outbox.take(now, one.limit, one.lease)).filter(
                (notice) => notice.release === release,
              );
              expect(taken.length).toBeLessThanOrEqual(one.limit);
              for (const { key } of taken) {
                expect(over.has(key)).toBe(false);
                expect(held.get(key) ?? 0).toBeLessThanOrEqual(now);
                held.set(key, now + one.lease);
              }
            }
            if (one.do === "settle") {
              const [key] = held.keys();
              if (key === undefined) continue;
              held.delete(key);
              if (one.sent) over.add(key);
              await (one.sent
                ? outbox.settle(key, { sent: true }, now)
                : outbox.settle(key, { sent: false, retry: true, because: "no" }, now, now + one.again));
            }
          }
          await outbox.cancel(release, "");
        }),
        { numRuns: 20 },
      );
    });
  });
}
