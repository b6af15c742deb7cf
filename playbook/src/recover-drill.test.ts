import { memoryEngine, memoryJournal } from "@atoms/engine";
import { fakeClock, memoryLedger } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { type DrillWorld, drillFlow } from "./recover-drill.js";
import {
  type DrillMeasured,
  type DrillOrder,
  type DrillOutcome,
  drillCouldNotBegin,
} from "./recovery/index.js";

const order: DrillOrder = {
  drill: "drill_1",
  number: 1,
  scenario: "database_failure",
  service: "shop",
  environment: "production",
  actor: { kind: "person", name: "ada", via: "cli" },
  startedAt: 0,
  failure: "server",
  databases: ["main"],
  targets: { rto: 60_000, rpo: 60_000, shut_out: 60_000 },
  deadlineMs: 600_000,
  playbook: { path: "/shop/playbook.yaml", text: "" },
};
const measured: DrillMeasured = {
  rtoMs: 9_000,
  noticedMs: 500,
  recoveryMs: 8_000,
  rpoMs: 5_000,
  written: 100,
  kept: 20,
  lost: 80,
  hosts: 1,
};

async function drilled(given: Partial<DrillWorld>) {
  const clock = fakeClock();
  const ledger = memoryLedger();
  const removed: string[] = [];
  const world: DrillWorld = {
    ledger,
    now: () => clock.now(),
    rehearse: async () => measured,
    remove: async ({ drill }) => void removed.push(drill),
    ...given,
  };
  const flow = drillFlow(async () => world);
  const engine = memoryEngine({ clock, random: () => 0, flows: [flow], journal: memoryJournal() });
  await engine.start(flow, order.drill, order);
  const result = engine.result<DrillOutcome>(order.drill, 60_000);
  let over = false;
  void result.finally(() => {
    over = true;
  });
  while (!over) await clock.advance(1_000);
  const told = await ledger.read({ limit: 100 });
  await engine.close();
  return { outcome: await result, told, removed };
}

describe("the flow of a drill", () => {
  it.each<{ what: string; rehearse: DrillWorld["rehearse"]; state: DrillOutcome["state"]; code?: string }>([
    { what: "measured", rehearse: async () => measured, state: "passed" },
    { what: "beyond a target", rehearse: async () => ({ ...measured, rtoMs: 61_000 }), state: "missed" },
    { what: "stopped by a person", rehearse: async () => "stopped", state: "stopped" },
    { what: "cut off", rehearse: async () => "cut off", state: "cut off", code: "ATM-681" },
    {
      what: "refused by the service",
      rehearse: async () => {
        throw drillCouldNotBegin({ because: "it is not well." });
      },
      state: "failed",
      code: "ATM-679",
    },
    {
      what: "broken by something without a name",
      rehearse: async () => {
        throw new Error("out of luck");
      },
      state: "failed",
      code: "ATM-680",
    },
  ])(
    "$what: what it made is removed, and it is written down as $state",
    async ({ rehearse, state, code }) => {
      const { outcome, told, removed } = await drilled({ rehearse });
      expect(outcome.state).toBe(state);
      expect(outcome.problem?.code).toBe(code);
      expect(removed).toEqual(["drill_1"]);
      expect(told.at(-1)).toMatchObject({
        kind: "drill.finished",
        data: { drill: "drill_1", state, problem: code ?? null, left: null },
      });
    },
  );

  it("says what could not be removed, and ends all the same", async () => {
    let tries = 0;
    const { outcome, told } = await drilled({
      remove: async () => {
        tries += 1;
        throw new Error("PostgreSQL of /tmp/x does not end");
      },
    });
    expect(tries).toBeGreaterThan(1);
    expect(outcome).toMatchObject({ state: "passed", left: "PostgreSQL of /tmp/x does not end" });
    expect(told.at(-1)?.data["left"]).toBe("PostgreSQL of /tmp/x does not end");
  });

  it("writes down each step as it is told", async () => {
    const { told } = await drilled({
      rehearse: async (_, tell) => {
        await tell("first");
        await tell("second");
        return measured;
      },
    });
    expect(told.filter(({ kind }) => kind === "drill.step").map(({ data }) => data["doing"])).toEqual([
      "first",
      "second",
    ]);
  });
});
