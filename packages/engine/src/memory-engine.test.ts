import { describe, expect, it } from "vitest";
import { engineContract } from "./engine.contract.js";
import { type Moment, memoryEngine, memoryJournal, systemClock } from "./index.js";

engineContract("in memory", async () => {
  const journal = memoryJournal();
  return {
    open: async (flows, clock = systemClock) => memoryEngine({ clock, random: Math.random, flows, journal }),
    close: async () => undefined,
  };
});

describe("an engine in memory that crashes", () => {
  const moments: { when: Moment["when"]; charges: number }[] = [
    { when: "before", charges: 1 },
    { when: "unwritten", charges: 2 },
    { when: "written", charges: 1 },
  ];
  it.each(moments)("resumes after dying $when: the work ran $charges time(s)", async ({ when, charges }) => {
    let charged = 0;
    let caught = 0;
    const pay = {
      name: "pay",
      version: 1,
      run: async (flow: import("@atoms/playbook").Flow) => {
        try {
          await flow.step("charge", async () => {
            charged += 1;
          });
          return "paid";
        } catch {
          caught += 1;
          return "caught";
        }
      },
    };
    const first = memoryEngine({ clock: systemClock, random: Math.random, flows: [pay] });
    first.crashWhen((moment) => moment.step === "charge" && moment.when === when);
    await first.start(pay, "p", null);
    await expect(first.result("p", 1_000)).rejects.toMatchObject({ code: "ATM-715" });
    expect(first.crashed).toBe(true);

    const second = memoryEngine({
      clock: systemClock,
      random: Math.random,
      flows: [pay],
      journal: first.journal,
    });
    expect(await second.resume()).toEqual(["p"]);
    expect(await second.result("p", 1_000)).toBe("paid");
    expect({ charged, caught }).toEqual({ charged: charges, caught: 0 });
    await second.close();
  });

  it("refuses a flow that goes another way than it went", async () => {
    let way = "left";
    const turns = {
      name: "turns",
      version: 1,
      run: async (flow: import("@atoms/playbook").Flow) => {
        await flow.step(way, async () => undefined);
        await flow.waitFor("go", 10_000);
      },
    };
    const first = memoryEngine({ clock: systemClock, random: Math.random, flows: [turns] });
    await first.start(turns, "t", null);
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.crash();
    way = "right";
    const second = memoryEngine({
      clock: systemClock,
      random: Math.random,
      flows: [turns],
      journal: first.journal,
    });
    await second.resume();
    await expect(second.result("t", 1_000)).rejects.toMatchObject({ code: "ATM-714" });
    await second.close();
  });
});
