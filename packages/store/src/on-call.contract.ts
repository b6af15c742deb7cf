import type { Ledger, OnCallStore, Outbox, Override, Page } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { ada, anEvent, noon } from "./fixtures.contract.js";

const aPage = (change: Partial<Page> = {}): Page => ({
  id: "page_1",
  service: "shop",
  environment: "production",
  severity: "P1",
  title: "service_down",
  about: { kind: "alert", id: "alert_1" },
  actor: ada,
  at: noon,
  playbook: { path: "/p.yaml", text: "version: 1", platform: "local" },
  state: "paging",
  told: [],
  ...change,
});
const anOverride = (change: Partial<Override> = {}): Override => ({
  id: "ovr_1",
  service: "shop",
  environment: "production",
  step: "primary",
  person: "ben",
  from: noon,
  until: noon + 1_000,
  addedBy: ada,
  addedAt: noon,
  ...change,
});
const notice = {
  key: "page_1/told/0/1",
  service: "shop",
  environment: "production",
  channel: "pagerduty",
  text: "wake up",
  dueAt: noon,
  thread: "page_1",
  status: "open",
  severity: "critical",
  title: "service_down",
  page: "page_1",
} as const;

/** Holds pages and overrides to the words of their port. */
export function onCallContract(
  name: string,
  fresh: () => Promise<{ onCall: OnCallStore; ledger: Ledger; outbox: Outbox }>,
): void {
  describe(`pages (${name})`, () => {
    let store: OnCallStore;
    let ledger: Ledger;
    let outbox: Outbox;
    beforeEach(async () => {
      ({ onCall: store, ledger, outbox } = await fresh());
    });

    it("opens a page once, with its events", async () => {
      expect(await store.open(aPage(), [anEvent({ key: "opened" })])).toEqual(aPage());
      expect(await store.open(aPage({ title: "other" }), [anEvent({ key: "again" })])).toEqual(aPage());
      expect(await store.page("page_1")).toEqual(aPage());
      expect(await store.page("page_2")).toBeUndefined();
      expect((await ledger.read({})).map(({ key }) => key)).toEqual(["opened"]);
    });

    it("changes a page with its events and notices, only from the states that are named", async () => {
      await store.open(aPage(), []);
      const told = [{ turn: 0, step: "primary", person: "ana", channels: ["pagerduty"], at: noon }];
      expect(
        await store.change(
          "page_1",
          ["paging"],
          { told, nextAt: noon + 5 },
          [anEvent({ key: "told" })],
          (page) => [{ ...notice, text: `${notice.text}, ${page.told[0]?.person}` }],
        ),
      ).toEqual({ page: aPage({ told, nextAt: noon + 5 }), changed: true });
      const acknowledged = await store.change(
        "page_1",
        ["paging"],
        { state: "acknowledged", acknowledgedAt: noon + 1, acknowledgedBy: ada },
        [],
        () => [],
      );
      expect(acknowledged.page).toEqual(
        aPage({ told, state: "acknowledged", acknowledgedAt: noon + 1, acknowledgedBy: ada }),
      );
      const late = await store.change("page_1", ["paging"], { told: [] }, [anEvent({ key: "late" })], () => [
        { ...notice, key: "late" },
      ]);
      expect(late).toEqual({ page: acknowledged.page, changed: false });
      expect((await ledger.read({})).map(({ key }) => key)).toEqual(["told"]);
      expect(await outbox.list({ limit: 9 })).toMatchObject([{ ...notice, text: "wake up, ana" }]);
      await expect(store.change("page_9", ["paging"], {}, [], () => [])).rejects.toMatchObject({
        code: "ATM-890",
      });
    });

    it("lets one of many answers be the first", async () => {
      await store.open(aPage(), []);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          store.change("page_1", ["paging"], { state: "acknowledged", acknowledgedAt: i }, [], () => []),
        ),
      );
      expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    });

    it("lists pages, newest first", async () => {
      await store.open(aPage({ id: "page_a", at: noon }), []);
      await store.open(aPage({ id: "page_b", at: noon + 1, state: "resolved" }), []);
      await store.open(aPage({ id: "page_c", at: noon + 1 }), []);
      const ids = async (query: Parameters<typeof store.pages>[0]) =>
        (await store.pages(query)).map(({ id }) => id);
      expect(await ids({ limit: 9 })).toEqual(["page_c", "page_b", "page_a"]);
      expect(await ids({ state: "paging", limit: 9 })).toEqual(["page_c", "page_a"]);
      expect(await ids({ limit: 1 })).toEqual(["page_c"]);
    });
  });

  describe(`overrides (${name})`, () => {
    it("keeps them until they end or are removed", async () => {
      const { onCall: store, ledger } = await fresh();
      await store.addOverride(anOverride({ id: "b", from: noon + 5, until: noon + 500 }), [
        anEvent({ key: "added" }),
      ]);
      await store.addOverride(anOverride({ id: "a" }), []);
      await store.addOverride(anOverride({ id: "a", person: "cy" }), []);
      await store.addOverride(anOverride({ id: "elsewhere", environment: "staging" }), []);
      const ids = async (after: number) =>
        (await store.overrides({ service: "shop", environment: "production", after })).map(
          ({ id, person }) => `${id} ${person}`,
        );
      expect(await ids(noon)).toEqual(["a ben", "b ben"]);
      expect(await ids(noon + 500)).toEqual(["a ben"]);
      expect(await ids(noon + 1_000)).toEqual([]);
      const removed = await store.removeOverride("a", ({ person }) => [
        anEvent({ key: `removed ${person}` }),
      ]);
      expect(removed).toEqual(anOverride({ id: "a" }));
      expect(await ids(noon)).toEqual(["b ben"]);
      expect((await ledger.read({})).map(({ key }) => key)).toEqual(["added", "removed ben"]);
      await expect(store.removeOverride("a", () => [])).rejects.toMatchObject({ code: "ATM-895" });
    });
  });
}
