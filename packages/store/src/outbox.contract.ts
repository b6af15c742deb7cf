import type { Ledger, NoticeRecord, Outbox } from "@atoms/playbook";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ada, aNotice, anEvent, noon } from "./fixtures.contract.js";

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
        { ...notice, state: "waiting", tries: 0, nextAt: noon, since: noon, reached: {} },
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

    it("keeps which channels of a notice were reached, each as soon as it is known", async () => {
      await outbox.put([aNotice({ key: "n" })], []);
      const slack = { state: "sent", at: noon } as const;
      const hook = { state: "waiting", at: noon, because: "503 \u0000" } as const;
      await Promise.all([outbox.note("n", "slack", slack), outbox.note("n", "webhook", hook)]);
      const [held] = await outbox.take(noon, 1, 1_000);
      expect(held?.reached).toEqual({ slack, webhook: hook });
      await outbox.note("n", "webhook", { state: "failed", at: noon + 1, because: "404" });
      await outbox.settle("n", { sent: true, because: "404; email took over" }, noon + 2);
      expect(await outbox.list({ limit: 1 })).toMatchObject([
        { state: "sent", because: "404; email took over", reached: { slack, webhook: { state: "failed" } } },
      ]);
      await expect(outbox.note("nobody", "slack", slack)).rejects.toMatchObject({ code: "ATM-707" });
    });

    it("tells of a dead notice in the same breath, once, and only when it is dead", async () => {
      await outbox.put([aNotice({ key: "later" }), aNotice({ key: "dead" })], []);
      const told = (key: string) => ({
        events: [anEvent({ key })],
        notices: [aNotice({ key: `letter ${key}` })],
      });
      const no = { sent: false, retry: true, because: "no" } as const;
      await outbox.settle("later", no, noon, noon + 5, told("a"));
      await outbox.settle("dead", no, noon, undefined, told("b"));
      await outbox.settle("dead", no, noon, undefined, told("b"));
      expect((await ledger.read({})).map(({ key }) => key)).toEqual(["b"]);
      expect(keysOf(await outbox.list({ state: "waiting", limit: 9 })).toSorted()).toEqual([
        "later",
        "letter b",
      ]);
    });

    it("gives back what was taken without counting a try", async () => {
      await outbox.put([aNotice({ key: "n" }), aNotice({ key: "m" })], []);
      await outbox.take(noon, 9, 10_000);
      await outbox.defer(["n"], noon + 50);
      expect(await outbox.take(noon + 49, 9, 10)).toEqual([]);
      expect(await outbox.take(noon + 50, 9, 10)).toMatchObject([{ key: "n", tries: 0, nextAt: noon + 50 }]);
    });

    it("drops what came too late where a newer notice says how things stand", async () => {
      const at = (key: string, dueAt: number, change: object = {}) =>
        aNotice({ key, thread: "page_1", channel: "#d", dueAt: noon + dueAt, ...change });
      await outbox.put(
        [
          at("old", 0),
          at("older, sent", -5),
          at("newest", 10),
          at("not due yet", 5_000),
          at("another channel", 0, { channel: "#e" }),
          at("another thread", 0, { thread: "page_2" }),
          aNotice({ key: "no thread", channel: "#d", dueAt: noon }),
          at("in hand", -1),
        ],
        [],
      );
      await outbox.settle("older, sent", { sent: true }, noon);
      const [inHand] = await outbox.take(noon - 1, 1, 1_000);
      expect(inHand?.key).toBe("in hand");
      expect(await outbox.supersede(noon + 20, noon)).toEqual([]);
      expect(await outbox.supersede(noon + 20, noon + 5)).toEqual(["old"]);
      expect(await outbox.supersede(noon + 20, noon + 5)).toEqual([]);
      const [dropped] = await outbox.list({ state: "superseded", limit: 9 });
      expect(dropped).toMatchObject({ key: "old", because: expect.stringContaining("too late") });
      expect(await ledger.read({ kind: "notice.superseded" })).toMatchObject([{ data: { notice: "old" } }]);
    });

    it("drops the old also after the newer one was delivered", async () => {
      await outbox.put(
        [
          aNotice({ key: "old", thread: "t", dueAt: noon }),
          aNotice({ key: "new", thread: "t", dueAt: noon + 1 }),
        ],
        [],
      );
      await outbox.settle("new", { sent: true }, noon + 1);
      expect(await outbox.supersede(noon + 9, noon + 1)).toEqual(["old"]);
    });

    it("has dead notices tried again, as new but for the channels that have them", async () => {
      await outbox.put([aNotice({ key: "a" }), aNotice({ key: "b" }), aNotice({ key: "c" })], []);
      const no = { sent: false, retry: false, because: "404" } as const;
      for (const key of ["a", "b"]) await outbox.settle(key, no, noon);
      await outbox.note("a", "slack", { state: "failed", at: noon, because: "404" });
      await outbox.note("a", "webhook", { state: "sent", at: noon });
      expect(keysOf(await outbox.retry(["a", "c", "nobody"], noon + 500, ada))).toEqual(["a"]);
      expect(keysOf(await outbox.retry(undefined, noon + 600, ada))).toEqual(["b"]);
      const [a] = await outbox.take(noon + 600, 1, 10);
      expect(a).toEqual({
        ...(await outbox.list({ limit: 1 }))[0],
        key: "a",
        state: "waiting",
        tries: 0,
        since: noon + 500,
        reached: { webhook: { state: "sent", at: noon } },
      });
      expect(a?.because).toBeUndefined();
      expect((await ledger.read({ kind: "notice.retried" })).map(({ actor }) => actor)).toEqual([ada, ada]);
    });

    it("lists the newest first where asked", async () => {
      await outbox.put([aNotice({ key: "a" }), aNotice({ key: "b", dueAt: noon + 1 })], []);
      expect(keysOf(await outbox.list({ newest: true, limit: 1 }))).toEqual(["b"]);
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
