import type { Incident, IncidentChange, IncidentStore, Ledger, Outbox } from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { ada, anEvent, noon } from "./fixtures.contract.js";

const anIncident = (change: Partial<Incident> = {}): Incident => ({
  id: "inc_1",
  service: "shop",
  environment: "production",
  severity: "P1",
  title: "checkout is down",
  state: "open",
  source: { kind: "person", id: "ada" },
  openedBy: ada,
  openedAt: noon,
  severityAt: noon,
  roles: {},
  done: {},
  releases: [],
  alerts: [],
  missed: {},
  notes: 0,
  updates: 0,
  followUps: [],
  fromSeq: 0,
  version: 1,
  playbook: { path: "/p.yaml", text: "version: 1", platform: "local" },
  ...change,
});
const notice = (key: string) =>
  ({
    key,
    service: "shop",
    environment: "production",
    channel: "#incidents",
    text: "down",
    dueAt: noon,
    thread: "inc_1",
    status: "open",
    severity: "critical",
    title: "checkout is down",
  }) as const;
const change = (incident: Incident, key: string): IncidentChange => ({
  incident,
  events: [anEvent({ key })],
  notices: [notice(key)],
});

/** Holds incidents to the words of their port. */
export function incidentsContract(
  name: string,
  fresh: () => Promise<{ incidents: IncidentStore; ledger: Ledger; outbox: Outbox }>,
): void {
  describe(`incidents (${name})`, () => {
    let store: IncidentStore;
    let ledger: Ledger;
    let outbox: Outbox;
    beforeEach(async () => {
      ({ incidents: store, ledger, outbox } = await fresh());
    });
    const keys = async () => (await ledger.read({})).map(({ key }) => key);

    it("opens one once, with its events and messages", async () => {
      expect(await store.open(change(anIncident(), "opened"))).toEqual({
        incident: anIncident(),
        opened: true,
      });
      expect(await store.open(change(anIncident({ title: "other" }), "again"))).toEqual({
        incident: anIncident(),
        opened: false,
      });
      expect(await store.get("inc_1")).toEqual(anIncident());
      expect(await store.get("inc_2")).toBeUndefined();
      expect(await keys()).toEqual(["opened"]);
      expect((await outbox.list({ limit: 9 })).map(({ key }) => key)).toEqual(["opened"]);
    });

    it("changes one as it stands, with what is told of it, or leaves it", async () => {
      await store.open(change(anIncident(), "opened"));
      const done = await store.change("inc_1", (standing) =>
        change({ ...standing, title: `${standing.title}!`, version: 2 }, "changed"),
      );
      expect(done).toEqual({
        incident: anIncident({ title: "checkout is down!", version: 2 }),
        changed: true,
      });
      expect(await store.change("inc_1", () => undefined)).toEqual({
        incident: done.incident,
        changed: false,
      });
      await expect(
        store.change("inc_1", () => {
          throw new Error("refused");
        }),
      ).rejects.toThrow("refused");
      expect(await store.get("inc_1")).toEqual(done.incident);
      expect(await keys()).toEqual(["opened", "changed"]);
      await expect(store.change("inc_9", () => undefined)).rejects.toMatchObject({ code: "ATM-830" });
    });

    it("of many changes at the same time loses none", async () => {
      await store.open(change(anIncident(), "opened"));
      await Promise.all(
        Array.from({ length: 8 }, () =>
          store.change("inc_1", (standing) =>
            change({ ...standing, version: standing.version + 1 }, `v${standing.version + 1}`),
          ),
        ),
      );
      expect((await store.get("inc_1"))?.version).toBe(9);
      expect((await keys()).length).toBe(9);
    });

    it("lists them, newest first", async () => {
      const states = ["open", "monitoring", "resolved", "closed"] as const;
      for (const [i, state] of states.entries())
        await store.open({
          incident: anIncident({ id: `inc_${i}`, openedAt: noon + i, state }),
          events: [],
          notices: [],
        });
      await store.open({
        incident: anIncident({ id: "inc_x", environment: "staging" }),
        events: [],
        notices: [],
      });
      const ids = async (query: Parameters<typeof store.list>[0]) =>
        (await store.list(query)).map(({ id }) => id);
      const here = { service: "shop", environment: "production", limit: 9 };
      expect(await ids(here)).toEqual(["inc_3", "inc_2", "inc_1", "inc_0"]);
      expect(await ids({ ...here, only: "unclosed" })).toEqual(["inc_2", "inc_1", "inc_0"]);
      expect(await ids({ ...here, only: "under way" })).toEqual(["inc_1", "inc_0"]);
      expect(await ids({ limit: 1 })).toEqual(["inc_3"]);
      expect((await ids({ limit: 9 })).length).toBe(5);
    });
  });
}
