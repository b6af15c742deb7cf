import {
  type Alert,
  type AlertChange,
  type AlertNotice,
  type AlertStore,
  isAlertMoved,
  type Ledger,
  type Outbox,
  type Silence,
} from "@atoms/playbook";
import { beforeEach, describe, expect, it } from "vitest";
import { anEvent, noon } from "./fixtures.contract.js";

const anAlert = (change: Partial<Alert> = {}): Alert => ({
  id: "alert_down_1",
  service: "shop",
  environment: "production",
  rule: "down",
  series: "api",
  severity: "critical",
  labels: { rule: "down", monitor: "api" },
  summary: "",
  state: "firing",
  saw: "health_check_failed yes",
  activeAt: noon,
  firedAt: noon,
  told: 0,
  due: [],
  outcomes: {},
  version: 1,
  ...change,
});
const aSilence = (change: Partial<Silence> = {}): Silence => ({
  id: "sil_1",
  service: "shop",
  environment: "production",
  matchers: [{ label: "rule", operator: "=", value: "down" }],
  comment: "moving house",
  source: { kind: "person", id: "ada" },
  startsAt: noon,
  endsAt: noon + 1_000,
  ...change,
});
const aMessage = (key: string): AlertNotice => ({
  key,
  service: "shop",
  environment: "production",
  channel: "#incidents",
  text: "down fires",
  dueAt: noon,
  thread: "alert_down_1",
  status: "open",
  severity: "critical",
  title: "down",
});
const change = (some: Partial<AlertChange>): AlertChange => ({
  alerts: [],
  silences: [],
  notices: [],
  events: [],
  ...some,
});

/** Holds alerts and silences to the words of their port. */
export function alertsContract(
  name: string,
  fresh: () => Promise<{ alerts: AlertStore; ledger: Ledger; outbox: Outbox }>,
): void {
  describe(`alerts (${name})`, () => {
    let store: AlertStore;
    let ledger: Ledger;
    let outbox: Outbox;
    beforeEach(async () => {
      ({ alerts: store, ledger, outbox } = await fresh());
    });

    it("writes alerts, silences, notices and events in one breath", async () => {
      await store.commit(
        change({
          alerts: [anAlert()],
          silences: [aSilence()],
          notices: [aMessage("n")],
          events: [anEvent({ key: "e" })],
        }),
      );
      expect(await store.get("alert_down_1")).toEqual(anAlert());
      expect(await store.silences("shop", "production")).toEqual([aSilence()]);
      expect(await outbox.list({ limit: 9 })).toMatchObject([{ key: "n" }]);
      expect(await ledger.read({})).toMatchObject([{ key: "e" }]);
    });

    it("writes nothing when somebody else was faster", async () => {
      await store.commit(change({ alerts: [anAlert()] }));
      await store.commit(change({ alerts: [anAlert({ version: 2, acknowledgedBy: "ada" })] }));
      const late = change({
        alerts: [anAlert({ id: "alert_a", rule: "a" }), anAlert({ version: 2, saw: "other" })],
        silences: [aSilence()],
        notices: [aMessage("m")],
        events: [anEvent()],
      });
      await expect(store.commit(late)).rejects.toSatisfy(isAlertMoved);
      expect(await store.get("alert_a")).toBeUndefined();
      expect(await store.get("alert_down_1")).toMatchObject({ version: 2, acknowledgedBy: "ada" });
      expect(await store.silences("shop", "production")).toEqual([]);
      expect(await outbox.list({ limit: 9 })).toEqual([]);
      expect(await ledger.read({})).toEqual([]);
    });

    it("has one episode of a rule on a series at a time", async () => {
      await store.commit(change({ alerts: [anAlert()] }));
      await expect(store.commit(change({ alerts: [anAlert({ id: "alert_down_2" })] }))).rejects.toSatisfy(
        isAlertMoved,
      );
      await store.commit(change({ alerts: [anAlert({ version: 2, state: "resolved", endedAt: noon + 1 })] }));
      await store.commit(
        change({ alerts: [anAlert({ id: "alert_down_2" }), anAlert({ id: "alert_b", series: "web" })] }),
      );
      expect(await store.list({ limit: 9 })).toHaveLength(3);
    });

    it("keeps open what is pending, firing, untold or has work due", async () => {
      await store.commit(
        change({
          alerts: [
            anAlert({ id: "1", series: "1", state: "pending" }),
            anAlert({ id: "2", series: "2" }),
            anAlert({ id: "3", series: "3", state: "resolved", toldState: "firing" }),
            anAlert({ id: "4", series: "4", state: "resolved", due: ["page_oncall"] }),
            anAlert({ id: "5", series: "5", state: "resolved", toldState: "resolved" }),
            anAlert({ id: "6", series: "6", environment: "preview" }),
          ],
        }),
      );
      expect((await store.open("shop", "production")).map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
      expect(await store.list({ state: "firing", environment: "production", limit: 9 })).toMatchObject([
        { id: "2" },
      ]);
    });

    it("drops what passed without firing", async () => {
      await store.commit(change({ alerts: [anAlert({ state: "pending" })] }));
      await store.commit(change({ alerts: [anAlert({ state: "passed", version: 2 })] }));
      expect(await store.get("alert_down_1")).toBeUndefined();
    });

    it("lists newest first", async () => {
      await store.commit(
        change({
          alerts: [anAlert({ id: "a", series: "a" }), anAlert({ id: "b", series: "b", activeAt: noon + 1 })],
        }),
      );
      expect((await store.list({ limit: 1 })).map(({ id }) => id)).toEqual(["b"]);
    });

    it("keeps silences, and says when they changed", async () => {
      const before = await store.silencesMark();
      await store.commit(change({ silences: [aSilence(), aSilence({ id: "sil_2", endsAt: noon + 500 })] }));
      const added = await store.silencesMark();
      expect(added).toBeGreaterThan(before);
      expect((await store.silences("shop", "production")).map(({ id }) => id)).toEqual(["sil_2", "sil_1"]);
      await store.commit(change({ silences: [aSilence({ endedAt: noon + 100 })] }));
      expect(await store.silencesMark()).toBeGreaterThan(added);
      expect((await store.silences("shop", "production")).map(({ id }) => id)).toEqual(["sil_2"]);
      expect(await store.getSilence("sil_1")).toEqual(aSilence({ endedAt: noon + 100 }));
      const past = await store.pastSilences({ service: "shop", environment: "production", limit: 9 });
      expect(past.map(({ id }) => id)).toEqual(["sil_1", "sil_2"]);
      expect(await store.silences("other", "production")).toEqual([]);
    });

    it("knows when rules were evaluated last", async () => {
      expect(await store.lastEvaluated("shop", "production")).toBeUndefined();
      await store.evaluated("shop", "production", noon);
      await store.evaluated("shop", "production", noon - 1_000);
      expect(await store.lastEvaluated("shop", "production")).toBe(noon);
      expect(await store.lastEvaluated("shop", "preview")).toBeUndefined();
    });
  });
}
