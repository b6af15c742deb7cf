import type { Monitor, MonitorSample } from "@atoms/playbook";
import { monitorsOf } from "@atoms/playbook";
import { fakeClock, memorySamples, memorySlots } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { keepLooking } from "./keep-looking.js";
import { sampleWriter } from "./sample-writer.js";
import { standings } from "./standings.js";
import { supervise } from "./supervise.js";
import { watchMonitors } from "./watchdog.js";

const [usual] = monitorsOf({ service: { kind: "http" } });
const monitor = (name: string, interval = 10_000): Monitor => {
  if (usual === undefined) throw new Error("a usual monitor");
  return { name, settings: { ...usual.settings, interval } };
};
const many = (count: number) => Array.from({ length: count }, (_, n) => monitor(`m${n}`));

function started(
  monitors: readonly Monitor[],
  more: { slots?: ReturnType<typeof memorySlots>; takes?: number } = {},
) {
  const clock = fakeClock();
  const stop = new AbortController();
  const setup = { service: "shop", environment: "production", monitors };
  const looks: { name: string; at: number }[] = [];
  const errors: unknown[] = [];
  const run = (worker: string) =>
    keepLooking(
      {
        clock,
        random: () => 0.5,
        slots: more.slots ?? memorySlots(clock.now),
        worker,
        setup: async () => setup,
        async look({ name }, at, signal): Promise<MonitorSample> {
          looks.push({ name, at });
          await clock.sleep(more.takes ?? 5, signal);
          return { monitor: name, service: "shop", environment: "production", at, outcome: "up", values: {} };
        },
        onSample: () => undefined,
        onTurn: () => undefined,
        onError: (_, error) => errors.push(error),
      },
      stop.signal,
    );
  return { clock, looks, errors, setup, run, stop };
}

const sample = (at: number, outcome: "up" | "down"): MonitorSample => ({
  monitor: "health",
  service: "shop",
  environment: "production",
  at,
  outcome,
  values: {},
});

describe("the loop of the monitors", () => {
  it("looks with each at its interval, spread out", async () => {
    const { clock, looks, run, stop } = started(many(50));
    const running = run("a");
    await clock.advance(65_000);
    stop.abort(new Error("enough"));
    await running;
    const times = looks.filter(({ name }) => name === "m7").map(({ at }) => at);
    const gaps = times.slice(2).map((at, n) => at - (times[n + 1] ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    for (const gap of gaps) expect(Math.abs(gap - 10_000)).toBeLessThan(200);
    // After the first round no tenth of a second holds more than a few of fifty.
    const perSlot = new Map<number, number>();
    for (const { at } of looks.filter((look) => look.at > clock.now() - 40_000))
      perSlot.set(Math.floor(at / 100), (perSlot.get(Math.floor(at / 100)) ?? 0) + 1);
    expect(Math.max(...perSlot.values())).toBeLessThanOrEqual(6);
  });

  it("shares the looks between two control planes, each look made once", async () => {
    const clockSlots = memorySlots(() => Date.UTC(2100, 0));
    const { clock, looks, run, stop } = started(many(10), { slots: clockSlots });
    const both = [run("a"), run("b")];
    await clock.advance(45_000);
    stop.abort(new Error("enough"));
    await Promise.all(both);
    for (const { name } of many(10)) {
      const count = looks.filter((look) => look.name === name).length;
      expect(count).toBeGreaterThanOrEqual(4);
      expect(count).toBeLessThanOrEqual(5);
    }
  });

  it("never has two looks of one monitor under way", async () => {
    const { clock, looks, run, stop } = started([monitor("slow")], { takes: 25_000 });
    const running = run("a");
    await clock.advance(100_000);
    stop.abort(new Error("enough"));
    await running;
    expect(looks.length).toBeGreaterThanOrEqual(3);
    expect(looks.length).toBeLessThanOrEqual(5);
  });

  it("takes a monitor up and another out when the playbook changes", async () => {
    const world = started(many(2));
    const live = { ...world.setup };
    let current = live;
    const running = keepLooking(
      {
        clock: world.clock,
        random: () => 0,
        slots: memorySlots(world.clock.now),
        worker: "a",
        setup: async () => current,
        look: async ({ name }, at) => {
          world.looks.push({ name, at });
          return undefined;
        },
        onSample: () => undefined,
        onTurn: () => undefined,
        onError: () => undefined,
      },
      world.stop.signal,
    );
    await world.clock.advance(20_000);
    current = { ...live, monitors: [monitor("m1"), monitor("new")] };
    await world.clock.advance(2_000);
    world.looks.length = 0;
    await world.clock.advance(21_000);
    world.stop.abort(new Error("enough"));
    await running;
    expect([...new Set(world.looks.map(({ name }) => name))].sort()).toEqual(["m1", "new"]);
  });

  it("does not look at everything at once after a long sleep", async () => {
    const world = started(many(100));
    let slept = 0;
    const { clock } = world;
    const running = keepLooking(
      {
        clock: { ...clock, now: () => clock.now() + slept, sleep: clock.sleep, monotonic: clock.monotonic },
        random: () => 0,
        slots: memorySlots(() => Date.UTC(2100, 0)),
        worker: "a",
        setup: async () => world.setup,
        look: async ({ name }, at) => {
          world.looks.push({ name, at });
          return undefined;
        },
        onSample: () => undefined,
        onTurn: () => undefined,
        onError: () => undefined,
      },
      world.stop.signal,
    );
    await clock.advance(30_000);
    world.looks.length = 0;
    slept = 3_600_000 + 4_321;
    await clock.advance(1_000);
    const first = world.looks.length;
    await clock.advance(10_000);
    world.stop.abort(new Error("enough"));
    await running;
    // A clock that jumps lands in the middle of the interval: what is due there is a part of all.
    expect(first).toBeLessThan(50);
    expect(world.looks.length).toBeGreaterThanOrEqual(100);
  });
});

describe("what is seen", () => {
  it("is kept when the store comes back, and lost for nobody", async () => {
    const clock = fakeClock();
    const store = memorySamples();
    const errors: string[] = [];
    let away = true;
    const stop = new AbortController();
    const writer = sampleWriter({
      samples: { append: async (list) => (away ? Promise.reject(new Error("away")) : store.append(list)) },
      clock,
      onWritten: async () => undefined,
      onError: (doing) => errors.push(doing),
    });
    const running = writer.run(stop.signal);
    writer.add(sample(1, "up"));
    await clock.advance(5_000);
    away = false;
    writer.add(sample(2, "up"));
    await clock.advance(20_000);
    writer.add(sample(3, "down"));
    stop.abort(new Error("enough"));
    await running;
    const kept = await store.latest({ service: "shop", environment: "production", looks: 9 });
    expect(kept.map(({ at }) => at)).toEqual([1, 2, 3]);
    expect(errors.length).toBeGreaterThan(0);
  });

  it("is told when a monitor turns, once, whoever saw it", async () => {
    const store = memorySamples();
    const told: string[] = [];
    const one = () =>
      standings({
        samples: store,
        monitors: async () => [monitor("health")],
        tell: async (events) => {
          for (const { kind, key } of events)
            if (!told.includes(`${kind} ${key}`)) told.push(`${kind} ${key}`);
        },
      });
    const [here, there] = [one(), one()];
    const looks = [..."++--+-++"].map((sign, n) => sample(n + 1, sign === "+" ? "up" : "down"));
    for (const [n, look] of looks.entries()) {
      await store.append([look]);
      await (n % 2 === 0 ? here : there)([look]);
    }
    expect(told.map((text) => text.split(" ")[0])).toEqual(["monitor.up", "monitor.down", "monitor.up"]);
  });
});

describe("many monitors", () => {
  const names = Array.from({ length: 40 }, (_, i) => `m${i}`);

  it("that have news at once are read by one question", async () => {
    const store = memorySamples();
    let questions = 0;
    const told: string[] = [];
    const follow = standings({
      samples: {
        latest(query) {
          questions++;
          return store.latest(query);
        },
      },
      monitors: async () => names.map((name) => ({ ...monitor("health"), name })),
      tell: async (events) => void told.push(...events.map(({ kind }) => kind)),
    });
    const round = async (at: number, outcome: "up" | "down") => {
      const looks = names.map((name) => ({ ...sample(at, outcome), monitor: name }));
      await store.append(looks);
      await follow(looks);
    };
    await round(1, "up");
    await round(2, "up");
    await round(3, "up");
    expect(questions).toBeLessThanOrEqual(2);
    questions = 0;
    await round(4, "down");
    await round(5, "down");
    expect(questions).toBe(2);
    expect(told).toEqual([...names.map(() => "monitor.up"), ...names.map(() => "monitor.down")]);
  });
});

describe("a loop that falls", () => {
  it("is begun anew, each fall told, less and less often", async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const told: string[] = [];
    let begun = 0;
    const running = supervise(
      "looking",
      async () => {
        begun++;
        if (begun % 2 === 0) throw new Error("broken");
      },
      { clock, signal: stop.signal, onError: (_, error) => told.push(String(error)) },
    );
    await clock.advance(120_000);
    stop.abort(new Error("enough"));
    await running;
    expect(begun).toBeGreaterThanOrEqual(6);
    expect(begun).toBeLessThanOrEqual(9);
    expect(told).toHaveLength(begun);
  });

  it("is noticed by the watchdog when it only stands still, and told again when it goes on", async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const turns = new Map<string, number>();
    const notices: string[] = [];
    let restarts = 0;
    const running = watchMonitors(
      {
        clock,
        turns,
        setup: async () => ({
          service: "shop",
          environment: "production",
          monitors: [monitor("health")],
          channel: "#monitoring",
        }),
        restart: () => {
          restarts++;
        },
        put: async (list) => void notices.push(...list.map(({ text }) => text)),
        onError: (_, error) => {
          throw error;
        },
      },
      stop.signal,
    );
    await clock.advance(60_000);
    expect(notices).toEqual([]);
    await clock.advance(60_000);
    expect(notices).toEqual([
      "shop in production: Nobody looks any more: health. Atoms begins the monitors anew.",
    ]);
    turns.set("health", clock.monotonic());
    await clock.advance(61_000);
    stop.abort(new Error("enough"));
    await running;
    expect(notices.at(-1)).toMatch(/Monitors look again: health/);
    expect(restarts).toBe(1);
  });
});
