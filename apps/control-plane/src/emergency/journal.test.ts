import { appendFileSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@atoms/engine";
import type { JournalLine } from "@atoms/playbook";
import { openStore, type Store } from "@atoms/store";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { maintenanceIn } from "../maintenance/read.js";
import { makePlaces, type Places, placesOf } from "../places.js";
import { appendToJournal, journalJoiner, waitingInJournal } from "./journal.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let home: string;
let store: Store;
let places: Places;
let told: string[];
let count = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "atoms-journal-"));
  store = await openStore({ folder: join(home, "store") });
});
afterAll(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
  places = placesOf(join(home, `shop-${++count}`));
  makePlaces(places);
  told = [];
});

const journal = () => join(places.home, "emergency-journal.ndjson");
const act = (name: string, kind = "emergency.acted", data: JournalLine["data"] = {}): JournalLine => ({
  key: `emg_${String(count).padStart(4, "0")}${name}/${kind}`,
  kind,
  at: 1_700_000_000_000,
  actor: { kind: "person", name: "ada", via: "cli" },
  service: `shop-${count}`,
  environment: "production",
  data,
});
const joiner = () =>
  journalJoiner(places, {
    clock: systemClock,
    tell: (line) => told.push(line),
    onError: (error) => told.push(String(error)),
  });
const inLedger = async () =>
  (await store.ledger.read({ limit: 10_000 })).filter(({ service }) => service === `shop-${count}`);

describe("the journal of an emergency", () => {
  it("joins the ledger in order, with who did it and when, and only once", async () => {
    appendToJournal(places, [act("aa"), act("ab")]);
    const first = joiner();
    await first.join(store);
    expect(told).toEqual([expect.stringContaining("2 acts of an emergency")]);
    appendToJournal(places, [act("ac")]);
    await first.join(store);
    await first.join(store);
    await joiner().join(store);
    expect((await inLedger()).map(({ key }) => key)).toEqual(
      [act("aa"), act("ab"), act("ac")].map(({ key }) => key),
    );
    expect((await inLedger())[0]).toMatchObject({ actor: { name: "ada" }, at: 1_700_000_000_000 });
    expect(waitingInJournal(places)).toEqual({ acts: [], damaged: [] });
  });

  it("is joined anew, and nothing is there twice, when the mark of how far it got is lost", async () => {
    appendToJournal(places, [act("aa")]);
    await joiner().join(store);
    await rm(join(places.home, "emergency-journal.joined"));
    await joiner().join(store);
    expect(await inLedger()).toHaveLength(1);
  });

  it("keeps damaged lines aside, says so here and in the ledger, and joins the others", async () => {
    appendToJournal(places, [act("aa")]);
    appendFileSync(journal(), '{"v":1,"key":"emg_x\n\u0000\u0000\n');
    appendToJournal(places, [act("ab")]);
    await joiner().join(store);
    const entries = await inLedger();
    expect(entries.map(({ kind }) => kind)).toEqual([
      "emergency.acted",
      "emergency.acted",
      "emergency.line-damaged",
      "emergency.line-damaged",
    ]);
    expect(readFileSync(join(places.home, "emergency-journal.damaged"), "utf8")).toBe(
      '{"v":1,"key":"emg_x\n\u0000\u0000\n',
    );
    expect(told.at(-1)).toContain("2 lines of the emergency's journal could not be read");
  });

  it("is cut off in the middle of a line: what comes behind it is whole, and the piece blocks nothing", async () => {
    appendToJournal(places, [act("aa")]);
    appendFileSync(journal(), '{"v":1,"key":"emg_cut');
    const mine = joiner();
    // Somebody may be writing it this moment.
    await mine.join(store);
    expect(await inLedger()).toHaveLength(1);
    expect(told.join()).not.toContain("could not be read");
    appendToJournal(places, [act("ab")]);
    await mine.join(store);
    expect((await inLedger()).map(({ kind }) => kind)).toEqual([
      "emergency.acted",
      "emergency.acted",
      "emergency.line-damaged",
    ]);
  });

  it("does not wait for ever for the end of a last line", async () => {
    writeFileSync(journal(), '{"v":1,"key":"emg_cut');
    const old = Date.now() / 1_000 - 60;
    utimesSync(journal(), old, old);
    await joiner().join(store);
    expect(told).toEqual([expect.stringContaining("1 lines of the emergency's journal could not be read")]);
    expect(waitingInJournal(places)).toEqual({ acts: [], damaged: [] });
  });

  it("stays where it is while the store can't take it, and joins later", async () => {
    appendToJournal(places, [act("aa")]);
    const failing = {
      ...store,
      ledger: { ...store.ledger, append: () => Promise.reject(new Error("the database is away")) },
    };
    await joiner().join(failing);
    expect(told).toEqual([expect.stringContaining("the database is away")]);
    expect(waitingInJournal(places).acts).toHaveLength(1);
    await joiner().join(store);
    expect(await inLedger()).toHaveLength(1);
  });

  it("brings what a rollback has proven: where it leads is good, what was left is not", async () => {
    const place = { service: `shop-${count}`, environment: "production" };
    const proof = (deployment: string, at: number) => ({
      ...place,
      deployment,
      address: "http://x",
      version: "v1",
      at,
    });
    const back = act("aa", "rollback.verified", {
      to: "dpl_1",
      from: "dpl_2",
      address: "http://one",
      version: "v1",
    });
    await store.releases.prove(proof("dpl_2", back.at - 1_000), []);
    appendToJournal(places, [back]);
    await joiner().join(store);
    const good = async () =>
      (await store.releases.proven(place.service, "production", 10)).map(({ deployment }) => deployment);
    expect(await good()).toEqual(["dpl_1"]);
    // Proven again since: a journal that is read once more does not take that back.
    await store.releases.prove(proof("dpl_2", back.at + 1_000), []);
    await rm(join(places.home, "emergency-journal.joined"));
    await joiner().join(store);
    expect(await good()).toEqual(["dpl_2", "dpl_1"]);
  });

  it.each([
    { what: "was proven good", proven: ["dpl_1", "dpl_2"], good: ["dpl_3", "dpl_1"] },
    { what: "nobody had proven", proven: ["dpl_1"], good: ["dpl_1"] },
  ])("brings a restart: what was run anew is as good as what $what", async ({ proven, good: wanted }) => {
    const place = { service: `shop-${count}`, environment: "production" };
    const data = { to: "dpl_3", from: "dpl_2", address: "http://three", version: "v3" };
    const restarted = act("aa", "restart.verified", data);
    for (const [ago, deployment] of proven.toReversed().entries())
      await store.releases.prove(
        { ...place, deployment, address: "http://x", version: "v1", at: restarted.at - 1_000 * (ago + 1) },
        [],
      );
    appendToJournal(places, [restarted]);
    await joiner().join(store);
    const good = await store.releases.proven(place.service, "production", 10);
    expect(good.map(({ deployment }) => deployment)).toEqual(wanted);
  });

  describe("that closed the door", () => {
    const closing = (name: string) =>
      act(name, "door.closing", {
        maintenance: `mnt_${count}${name}`,
        because: "charged twice",
        until: 1_700_000_600_000,
        playbook: "/shop/playbook.yaml",
        platform: "local",
      });
    const standing = () =>
      maintenanceIn({ store: async () => store }, { service: `shop-${count}`, environment: "production" }, 5);

    it("becomes a maintenance of the store, once", async () => {
      appendToJournal(places, [closing("aa"), act("aa", "door.closed", { ms: 9 })]);
      await joiner().join(store);
      await rm(join(places.home, "emergency-journal.joined"));
      await joiner().join(store);
      expect(await standing()).toMatchObject([
        { id: `mnt_${count}aa`, state: "closing", because: "charged twice", hold: true, tasks: [] },
      ]);
    });

    it.each([
      { what: "it was opened since", acts: () => [closing("aa"), act("ab", "door.opening")], good: [] },
      { what: "it is told in other words", acts: () => [act("aa", "door.closing", { until: 7 })], good: [] },
      { what: "it was closed again", acts: () => [closing("aa"), closing("ab")], good: ["ab"] },
    ])("when $what: $good", async ({ acts, good }) => {
      appendToJournal(places, acts());
      await joiner().join(store);
      expect((await standing()).map(({ id }) => id)).toEqual(good.map((name) => `mnt_${count}${name}`));
    });
  });
});
