import { memoryEngine, memoryJournal } from "@atoms/engine";
import { fakeClock, memoryLedger, memoryOnCall, memoryOutbox } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { acknowledge, resolvePage } from "./answer.js";
import { newPage, pageFlow, pageSignal } from "./flow.js";
import type { OnCallPlan, PageOrder, Person } from "./model.js";

const minute = 60_000;
const person = (name: string, ...channels: string[]): Person => ({
  name,
  phone: "+1-555-0100",
  ways: channels.map((channel) => ({ kind: channel.startsWith("#") ? "slack" : "email", channel })),
});
const usual: OnCallPlan = {
  people: {
    ana: person("ana", "#incidents", "ana@example.com"),
    ben: person("ben", "ben@example.com"),
    silent: person("silent"),
  },
  schedules: {},
  steps: ["ana", "silent", "ben"],
  respondWithin: { P1: 5 * minute, P2: 15 * minute, P3: 60 * minute, P4: 1_440 * minute },
  rounds: 2,
  lastResort: "#incidents",
};
const ada = { kind: "person", name: "ada", via: "cli" } as const;

function world(plan: OnCallPlan = usual) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  const store = memoryOnCall(ledger, outbox);
  const flow = pageFlow({ clock, store: async () => store, plan: async () => plan });
  const journal = memoryJournal();
  const engine = () => memoryEngine({ clock, random: () => 0, flows: [flow], journal });
  const order: PageOrder = {
    id: "page_1",
    service: "shop",
    environment: "production",
    severity: "P1",
    title: "service_down",
    details: "3 of 3 probes failed",
    about: { kind: "alert", id: "alert_1" },
    actor: ada,
    at: clock.now(),
    playbook: { path: "/p.yaml", text: "", platform: "local" },
  };
  const sent = async () =>
    (await outbox.list({ limit: 1_000 })).map(({ channel, dueAt, status }) => {
      const minutes = (dueAt - order.at) / minute;
      return `${minutes} ${channel} ${status}`;
    });
  return { clock, ledger, outbox, store, flow, engine, order, sent };
}

describe("a page nobody answers", () => {
  it("goes to one after the other, twice, and is then given up where incidents are talked about", async () => {
    const { clock, engine, flow, order, sent, store, ledger } = world();
    const running = engine();
    await running.start(flow, order.id, order);
    await clock.advance(60 * minute);
    expect(await running.result(order.id, 1_000)).toEqual({ state: "unanswered" });
    expect(await sent()).toEqual([
      "0 #incidents open",
      "0 ana@example.com open",
      "5 ben@example.com open",
      "10 #incidents open",
      "10 ana@example.com open",
      "15 ben@example.com open",
      "20 #incidents open",
    ]);
    expect((await store.page(order.id))?.state).toBe("unanswered");
    const kinds = (await ledger.read({})).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "page.told")).toHaveLength(4);
    expect(kinds.filter((kind) => kind === "page.passed")).toHaveLength(2);
    expect(kinds.at(-1)).toBe("page.unanswered");
  });

  it("says what is wrong, who shall answer, by when and how", async () => {
    const { engine, flow, order, outbox, clock } = world();
    await engine().start(flow, order.id, order);
    await clock.advance(6 * minute);
    const texts = (await outbox.list({ limit: 9 })).map(({ text }) => text);
    expect(texts[0]).toBe(
      "P1 shop in production: service_down. 3 of 3 probes failed. For ana (+1-555-0100), to be acknowledged within 5m: atoms oncall ack page_1",
    );
    expect(texts[2]).toMatch(/^Still nobody answered: P1 shop in production: service_down\./);
  });

  it("ends at once, and says so, when nobody can be reached", async () => {
    const { engine, flow, order, clock, sent, outbox } = world({ ...usual, steps: ["silent"] });
    const running = engine();
    await running.start(flow, order.id, order);
    await clock.advance(1);
    expect(await running.result(order.id, 1_000)).toEqual({ state: "unanswered" });
    expect(await sent()).toEqual(["0 #incidents open"]);
    expect((await outbox.list({ limit: 1 }))[0]?.text).toContain(
      "Nobody on call can be reached by a configured channel.",
    );
  });
});

describe("a page that is answered", () => {
  it("is quiet from then on, and everybody who was told hears of it", async () => {
    const { clock, engine, flow, order, sent, store } = world();
    const running = engine();
    await running.start(flow, order.id, order);
    await clock.advance(6 * minute);
    expect(await acknowledge(store, order.id, { by: ada, via: "cli", at: clock.now() })).toMatchObject({
      first: true,
      page: { state: "acknowledged", acknowledgedBy: ada },
    });
    await running.signal(order.id, pageSignal, "acknowledged");
    await clock.advance(60 * minute);
    expect(await running.result(order.id, 1_000)).toEqual({ state: "acknowledged" });
    expect(await sent()).toEqual([
      "0 #incidents open",
      "0 ana@example.com open",
      "5 ben@example.com open",
      "6 #incidents acknowledged",
      "6 ana@example.com acknowledged",
      "6 ben@example.com acknowledged",
    ]);
  });

  it("is quiet even if the signal was lost: the store is what counts", async () => {
    const { clock, engine, flow, order, sent, store } = world();
    const running = engine();
    await running.start(flow, order.id, order);
    await clock.advance(1);
    await acknowledge(store, order.id, { by: ada, via: "cli", at: clock.now() });
    await clock.advance(5 * minute);
    expect(await running.result(order.id, 1_000)).toEqual({ state: "acknowledged" });
    expect((await sent()).filter((one) => one.includes("ben"))).toEqual([]);
  });

  it("belongs to the first who took it; whoever comes later hears who that was", async () => {
    const { clock, engine, flow, order, store } = world();
    await engine().start(flow, order.id, order);
    await clock.advance(1);
    const bob = { kind: "person", name: "bob", via: "api" } as const;
    await acknowledge(store, order.id, { by: ada, via: "cli", at: 1 });
    expect(await acknowledge(store, order.id, { by: bob, via: "api", at: 2 })).toMatchObject({
      first: false,
      page: { acknowledgedBy: ada },
    });
    expect(await resolvePage(store, order.id, { by: bob, via: "api", at: 3 })).toMatchObject({ first: true });
    expect(await resolvePage(store, order.id, { by: ada, via: "api", at: 4 })).toMatchObject({
      first: false,
    });
    await expect(acknowledge(store, order.id, { by: ada, via: "cli", at: 5 })).rejects.toMatchObject({
      code: "ATM-891",
    });
    await expect(acknowledge(store, "page_9", { by: ada, via: "cli", at: 5 })).rejects.toMatchObject({
      code: "ATM-890",
    });
  });

  it("may be answered after it was given up", async () => {
    const { clock, engine, flow, order, store } = world();
    await engine().start(flow, order.id, order);
    await clock.advance(60 * minute);
    expect(await acknowledge(store, order.id, { by: ada, via: "cli", at: clock.now() })).toMatchObject({
      first: true,
    });
  });
});

describe("a process that dies", () => {
  const moments = ["before", "unwritten", "written"] as const;
  const cases = moments.flatMap((when) => [0, 1, 2, 3, 6].map((turn) => ({ when, turn })));

  it.each(cases)(
    "$when turn $turn is written: the next one goes on, nobody is told twice",
    async ({ when, turn }) => {
      const undisturbed = world();
      const whole = undisturbed.engine();
      await whole.start(undisturbed.flow, undisturbed.order.id, undisturbed.order);
      await undisturbed.clock.advance(60 * minute);

      const { clock, engine, flow, order, sent, store } = world();
      const first = engine();
      first.crashWhen((moment) => moment.step.endsWith(`turn ${turn}`) && moment.when === when);
      await first.start(flow, order.id, order);
      for (let i = 0; i < 30 && !first.crashed; i++) await clock.advance(minute);
      expect(first.crashed).toBe(true);
      const second = engine();
      await second.resume();
      await clock.advance(60 * minute);
      expect(await second.result(order.id, 1_000)).toEqual({ state: "unanswered" });
      expect((await sent()).map((one) => one.replace(/^\S+ /, ""))).toEqual(
        (await undisturbed.sent()).map((one) => one.replace(/^\S+ /, "")),
      );
      expect((await store.page(order.id))?.told).toHaveLength(6);
    },
  );
});

it("the plan as it is now counts: a person who was added meanwhile is told", async () => {
  let plan: OnCallPlan = { ...usual, steps: ["ana", "late"], rounds: 1 };
  const { clock, store, order, sent, engine } = world();
  const flow = pageFlow({ clock, store: async () => store, plan: async () => plan });
  await engine().start(flow, order.id, order);
  await clock.advance(minute);
  plan = { ...plan, people: { ...usual.people, late: person("late", "late@example.com") } };
  await clock.advance(5 * minute);
  expect((await sent()).at(-1)).toBe("5 late@example.com open");
});

it("opening a page twice opens one", async () => {
  const { store, order } = world();
  await store.open(newPage(order), []);
  expect((await store.open(newPage({ ...order, title: "other" }), [])).title).toBe("service_down");
});
