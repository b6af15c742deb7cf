import { memoryEngine, memoryJournal } from "@atoms/engine";
import { fakeClock, memoryLedger, memoryOutbox } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { databaseAway } from "../backup/problems.js";
import { maintenanceStarted, readMaintenance } from "./events.js";
import { endSignal, maintenanceFlow } from "./flow.js";
import type { HostDoor, MaintenanceOrder, TaskOutcome } from "./model.js";
import type { MaintenanceWorld } from "./ports.js";
import { MaintenanceSettings, maintenanceRules } from "./settings.js";

const minute = 60_000;
const hosts = ["http://a.localhost", "http://b.localhost"];

/** A service whose processes read the flag every 5 s, and the knobs that scenarios turn. */
function world(given: { tasks?: string[]; hold?: boolean; forMs?: number; door?: "open" } = {}) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const outbox = memoryOutbox(ledger);
  const startedAt = clock.now();
  const order: MaintenanceOrder = {
    maintenance: "mnt_1",
    service: "shop",
    environment: "production",
    actor: { kind: "person", name: "ada", via: "cli" },
    because: "new index",
    startedAt,
    until: startedAt + (given.forMs ?? 30 * minute),
    tasks: given.tasks ?? [],
    hold: given.hold ?? false,
    ...(given.door === undefined ? {} : { door: given.door }),
    playbook: { path: "/shop/playbook.yaml", text: "", platform: "local" },
  };
  const knobs = {
    deaf: false,
    sick: "" as "" | "closed" | "open",
    flagFails: false,
    variableFails: false,
    tasks: {} as Record<string, { ms: number; outcome: TaskOutcome["outcome"] }>,
  };
  const state = {
    flag: false,
    variable: false,
    setAt: 0,
    muted: false,
    paged: 0,
    pageOver: false,
    ran: [] as string[],
  };
  /** Each host looks at the flag every 5 s. */
  const seen = hosts.map((host) => ({ host, at: -5_000, closed: false }));
  const port: MaintenanceWorld = {
    clock,
    rules: async () =>
      maintenanceRules(MaintenanceSettings.parse({}), {
        deployments: undefined,
        health: { field: "status", words: ["healthy"] },
      }),
    put: (notices, events) => outbox.put(notices, events),
    async mute() {
      state.muted = true;
    },
    async unmute() {
      state.muted = false;
    },
    async setFlag(_, on) {
      if (knobs.flagFails) throw databaseAway({ where: "db", because: "refused" });
      state.flag = on;
    },
    async setVariable(_, on) {
      if (knobs.variableFails) throw databaseAway({ where: "the platform", because: "busy" });
      state.variable = on;
    },
    look: async () =>
      seen.map((one): HostDoor => {
        if (clock.monotonic() - one.at >= 5_000 && !knobs.deaf) {
          one.at = clock.monotonic();
          one.closed = state.flag;
        }
        const well = knobs.sick !== (one.closed ? "closed" : "open");
        return {
          host: one.host,
          door: one.closed ? "closed" : "open",
          well,
          saw: well ? "fine" : "says unhealthy",
        };
      }),
    serving: async () => "dpl_1",
    async runTask(_, task, forMs) {
      const { ms = 1_000, outcome = "done" } = knobs.tasks[task] ?? {};
      state.ran.push(task);
      await clock.sleep(Math.min(ms, forMs));
      return { task, outcome: ms > forMs ? "failed" : outcome, saw: outcome, ms };
    },
    async page() {
      state.paged++;
    },
    async endPage() {
      state.pageOver = true;
    },
  };
  const flow = maintenanceFlow(port);
  const journal = memoryJournal();
  const engine = () => memoryEngine({ clock, random: () => 0, flows: [flow], journal });
  const running = engine();
  const start = async () => {
    await ledger.append([maintenanceStarted(order, 1)]);
    await running.start(flow, order.maintenance, order);
  };
  const now = async () => readMaintenance(await ledger.read({ limit: 1_000 }))[0];
  const told = async () =>
    (await outbox.list({ limit: 99 })).map(({ text }) => text.replace(/^.*?\(mnt_1\): /, ""));
  const result = () => clock.runUntil(running.result(order.maintenance, 86_400_000));
  const end = (anyway?: string) =>
    running.signal(order.maintenance, endSignal, { by: "ada", ...(anyway === undefined ? {} : { anyway }) });
  return {
    clock,
    ledger,
    order,
    knobs,
    state,
    flow,
    journal,
    engine,
    running,
    start,
    now,
    told,
    result,
    end,
  };
}

/** How it must stand when all is over. */
const open = { flag: false, variable: false, muted: false };

describe("a maintenance", () => {
  it("closes every host within 10 s of its flag, muted, and stays closed until it is ended", async () => {
    const { clock, state, start, now, result, end, told } = world();
    await start();
    await clock.advance(10_000);
    expect(state).toMatchObject({ flag: true, variable: true, muted: true });
    const closed = await now();
    expect(closed).toMatchObject({ state: "closed", closed: { hosts } });
    expect(closed?.closed?.ms).toBeLessThan(10_000);
    await clock.advance(10 * minute);
    expect((await now())?.state).toBe("closed");
    await end();
    expect(await result()).toEqual({ state: "done" });
    expect(state).toMatchObject(open);
    expect(await now()).toMatchObject({ state: "done", opened: { ms: expect.any(Number) } });
    expect(await told()).toEqual([
      expect.stringMatching(/^it begins, by ada: new index\. It is over by 12:30 UTC/),
      expect.stringMatching(/^it is over after 10m\d+s; every host is open and well\.$/),
    ]);
  });

  it("is lifted by its time when nobody ends it", async () => {
    const { start, result, state, order, clock } = world();
    await start();
    expect(await result()).toEqual({ state: "done" });
    expect(state).toMatchObject(open);
    expect(clock.now()).toBeGreaterThanOrEqual(order.until);
    expect(clock.now()).toBeLessThan(order.until + minute);
  });

  it("runs its tasks in order and opens when they are done, or holds if that was asked", async () => {
    const { start, result, state, now } = world({ tasks: ["vacuum", "reindex"] });
    await start();
    expect(await result()).toEqual({ state: "done" });
    expect(state.ran).toEqual(["vacuum", "reindex"]);
    expect((await now())?.done.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
    const held = world({ tasks: ["vacuum"], hold: true });
    await held.start();
    await held.clock.advance(5 * minute);
    expect((await held.now())?.state).toBe("closed");
    await held.end();
    expect(await held.result()).toEqual({ state: "done" });
  });

  it.each([
    {
      what: "a task that fails leaves the others out",
      knob: { a: { ms: 1_000, outcome: "failed" as const } },
      outcomes: ["failed", "skipped", "skipped"],
      state: "failed",
    },
    {
      what: "a task that takes longer than the maintenance is cut short",
      knob: { b: { ms: 60 * minute, outcome: "done" as const } },
      outcomes: ["done", "failed", "skipped"],
      state: "failed",
    },
  ])("$what, and it opens all the same", async ({ knob, outcomes, state }) => {
    const { start, result, now, knobs, state: so } = world({ tasks: ["a", "b", "c"] });
    Object.assign(knobs.tasks, knob);
    await start();
    expect(await result()).toMatchObject({ state, problem: { code: "ATM-639" } });
    expect((await now())?.done.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(so).toMatchObject(open);
  });

  it("runs tasks that need no closed door while users are served, with alerts that speak", async () => {
    const { start, result, state, now, clock, told, knobs } = world({ tasks: ["a", "b"], door: "open" });
    knobs.tasks["a"] = { ms: 5 * minute, outcome: "done" };
    await start();
    await clock.advance(minute);
    expect(await now()).toMatchObject({ state: "working", door: "open" });
    expect(state).toMatchObject({ ...open, setAt: 0 });
    expect(await result()).toEqual({ state: "done" });
    expect(state).toMatchObject({ ...open, ran: ["a", "b"], paged: 0 });
    expect(await now()).not.toHaveProperty("closed");
    expect(await told()).toEqual([
      expect.stringMatching(/users are served meanwhile\.$/),
      expect.stringMatching(/the door was open all the time\.$/),
    ]);
  });

  it("begins no further task when it was asked to end", async () => {
    const { start, result, clock, now, end, knobs } = world({ tasks: ["a", "b"] });
    knobs.tasks["a"] = { ms: 5 * minute, outcome: "done" };
    await start();
    await clock.advance(minute);
    await end();
    expect(await result()).toEqual({ state: "done" });
    expect((await now())?.done.map(({ outcome }) => outcome)).toEqual(["done", "skipped"]);
  });

  it("takes its flag back and does nothing when the service never says that it is closed", async () => {
    const { start, result, state, knobs, told, now } = world({ tasks: ["a"] });
    knobs.deaf = true;
    await start();
    expect(await result()).toMatchObject({ state: "failed", problem: { code: "ATM-636" } });
    expect(state).toMatchObject({ ...open, ran: [] });
    expect((await now())?.problem?.happened).toContain("http://b.localhost fine");
    expect((await told()).at(-1)).toMatch(/did not do what it was for/);
  });

  it.each(["closed", "open"] as const)(
    "stays closed and pages once while the service is sick (%s), and opens by itself when it is well",
    async (sick) => {
      const { start, result, state, knobs, clock, now, end } = world();
      await start();
      await clock.advance(minute);
      knobs.sick = sick;
      await end();
      await clock.advance(20 * minute);
      expect(await now()).toMatchObject({
        state: "kept closed",
        kept: { because: expect.stringContaining("says unhealthy") },
      });
      expect(state).toMatchObject({ flag: true, paged: 1, pageOver: false });
      knobs.sick = "";
      expect(await result()).toEqual({ state: "done" });
      expect(state).toMatchObject({ ...open, pageOver: true });
    },
  );

  it("stays closed beyond its time rather than open while sick", async () => {
    const { start, state, knobs, clock, now } = world({ forMs: 5 * minute });
    knobs.sick = "closed";
    await start();
    await clock.advance(60 * minute);
    expect((await now())?.state).toBe("kept closed");
    expect(state).toMatchObject({ flag: true, paged: 1 });
  });

  it("is opened as it is when somebody says why", async () => {
    const { start, result, state, knobs, clock, end, told } = world();
    await start();
    await clock.advance(minute);
    knobs.sick = "closed";
    await end();
    await clock.advance(minute);
    await end("the check is wrong");
    expect(await result()).toEqual({ state: "done" });
    expect(state).toMatchObject(open);
    expect((await told()).at(-1)).toMatch(/opened as it is: the check is wrong$/);
  });

  it("goes on trying to take its flag back while the database is away", async () => {
    const { start, result, state, knobs, clock, now, end } = world();
    await start();
    await clock.advance(minute);
    knobs.flagFails = true;
    await end();
    await clock.advance(10 * minute);
    expect(await now()).toMatchObject({ state: "kept closed" });
    expect(state.paged).toBe(1);
    knobs.flagFails = false;
    expect(await result()).toEqual({ state: "done" });
    expect(state).toMatchObject(open);
  });

  it("closes and opens although the platform takes no variable, and says so", async () => {
    const { start, result, state, knobs, now } = world();
    knobs.variableFails = true;
    await start();
    expect(await result()).toMatchObject({ state: "failed", problem: { code: "ATM-643" } });
    expect((await now())?.untold).toContain("busy");
    expect(state).toMatchObject({ flag: false, muted: false });
  });
});

describe("a maintenance whose process dies", () => {
  const kinds = async (w: ReturnType<typeof world>) =>
    (await w.ledger.read({ limit: 1_000 })).map(({ key }) => key);

  it.each([
    { what: "closed", given: { hold: true }, steps: 30 },
    { what: "left open", given: { door: "open" as const }, steps: 10 },
  ])(
    "at any moment of any step goes on elsewhere, and ends open with each thing told once: $what",
    async ({ given, steps }) => {
      const scenario = () => world({ tasks: ["a", "b"], forMs: 10 * minute, ...given });
      const whole = scenario();
      const moments: string[] = [];
      whole.running.crashWhen(({ step, when }) => moments.push(`${step}, ${when}`) < 0);
      await whole.start();
      await whole.result();
      const expected = await kinds(whole);
      expect(moments.length).toBeGreaterThan(steps);
      for (const moment of moments) {
        const w = scenario();
        w.running.crashWhen(({ step, when }) => `${step}, ${when}` === moment);
        await w.start();
        await w.clock.advance(11 * minute);
        expect(w.running.crashed, moment).toBe(true);
        const next = w.engine();
        await next.resume();
        await w.clock.runUntil(next.result("mnt_1", 86_400_000));
        expect(w.state, moment).toMatchObject(open);
        expect(await kinds(w), moment).toEqual(expected);
        await next.close(0);
      }
    },
  );
});
