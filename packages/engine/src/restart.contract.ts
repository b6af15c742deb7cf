import { type Engine, FlowInterrupted, type Problem } from "@atoms/playbook";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cancelled,
  type EngineFixture,
  type Flows,
  flow,
  pause,
  refusal,
  until,
} from "./engine-words.contract.js";
import { systemClock } from "./system-clock.js";

/** Holds an engine to what is promised when one is closed or dies and another goes on. */
export function restartContract(name: string, fixture: () => Promise<EngineFixture>): void {
  describe(`an engine after a restart (${name})`, () => {
    let place: EngineFixture;
    let engine: Engine | undefined;
    const open = async (...flows: Flows) => {
      engine = await place.open(flows);
      return engine;
    };

    beforeEach(async () => {
      place = await fixture();
    });
    afterEach(async () => {
      await engine?.close();
      engine = undefined;
      await place.close();
    });

    it("goes on where it was, with the answers that were written down", async () => {
      const did: string[] = [];
      const seen: unknown[][] = [];
      const long = flow("long", async (f) => {
        const facts: unknown[] = [await f.now(), await f.random()];
        facts.push(
          await f.step("first", async () => {
            did.push("first");
            return "one";
          }),
        );
        facts.push(
          await f
            .step("second", async () => {
              did.push("second");
              throw refusal;
            })
            .catch((error: Problem) => error.code),
        );
        seen.push(facts);
        const word = await f.waitFor<string>("go", 10_000);
        await f.step("third", async () => {
          did.push("third");
        });
        return [...facts, word ?? null];
      });
      const here = await open(long);
      await here.start(long, "l", null);
      await until(() => seen.length === 1);
      await here.close();
      expect(did).toEqual(["first", "second"]);

      const again = await open(long);
      expect(await again.state("l")).toEqual({ state: "interrupted" });
      expect(await again.resume()).toEqual(["l"]);
      expect(await again.resume()).toEqual([]);
      await again.signal("l", "go", "on");
      const result = await again.result<unknown[]>("l", 15_000);
      expect(result).toEqual([...(seen[0] ?? []), "on"]);
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[0]?.slice(2)).toEqual(["one", "ATM-999"]);
      expect(did).toEqual(["first", "second", "third"]);
    });

    it("keeps the wake-up time of a sleep and of a wait", async () => {
      const sleeps = flow("sleeps", async (f) => {
        await f.step("begin", async () => undefined);
        await f.sleep(4_000);
        return (await f.waitFor("nothing", 50)) ?? "none";
      });
      const here = await open(sleeps);
      const begun = performance.now();
      await here.start(sleeps, "s", null);
      await pause(2_500);
      await here.close();
      const again = await open(sleeps);
      const resumed = performance.now();
      await again.resume();
      expect(await again.result("s", 15_000)).toBe("none");
      expect(performance.now() - begun).toBeGreaterThanOrEqual(4_040);
      // Sleeping anew would take 4,000 from here on; what is left of the sleep is 1,500 at most, so a busy machine has slack.
      expect(performance.now() - resumed).toBeLessThan(4_000);
    });

    it("waits no longer than it was asked when the clock is set back, now and after a restart", async () => {
      let ahead = 0;
      const clock = { ...systemClock, now: () => systemClock.now() + ahead };
      let waiting = 0;
      const waits = flow("waits", async (f) => {
        await f.step("begin", async () => {
          waiting += 1;
        });
        const first = await f.waitFor("nothing", 400);
        await f.step("go on", async () => {
          waiting += 1;
        });
        await f.sleep(400);
        return [first ?? "none", await f.waitFor("nothing", 600)].map((word) => word ?? "none");
      });
      engine = await place.open([waits], clock);
      await engine.start(waits, "w", null);
      await until(() => waiting === 1);
      ahead = -2 * 3_600_000;
      await until(() => waiting === 2);
      await engine.close();
      ahead *= 2;
      engine = await place.open([waits], clock);
      await engine.resume();
      expect(await engine.result("w", 15_000)).toEqual(["none", "none"]);
    });

    it("runs the step again that was in hand, and only that", async () => {
      const did: string[] = [];
      const flow1 = flow("in-hand", async (f) => {
        await f.step("done", async () => {
          did.push("done");
        });
        return f.step("in hand", async (signal) => {
          did.push("in hand");
          if (did.length === 2) await cancelled(signal);
          return "finished";
        });
      });
      const here = await open(flow1);
      await here.start(flow1, "i", null);
      await until(() => did.length === 2);
      await here.close(1_000);
      const again = await open(flow1);
      await again.resume();
      expect(await again.result("i", 15_000)).toBe("finished");
      expect(did).toEqual(["done", "in hand", "in hand"]);
    });

    it("keeps what a step finished while the engine was closing", async () => {
      const did: string[] = [];
      const flow1 = flow("finishing", async (f) => {
        const value = await f.step("slow", async () => {
          did.push("slow");
          await pause(100);
          return did.length;
        });
        await f.waitFor("go", 5_000);
        return value;
      });
      const here = await open(flow1);
      await here.start(flow1, "f", null);
      await until(() => did.length === 1);
      await here.close(2_000);
      const again = await open(flow1);
      await again.resume();
      await again.signal("f", "go", true);
      expect(await again.result("f", 15_000)).toBe(1);
      expect(did).toEqual(["slow"]);
    });

    it("tells the flow that it was interrupted, and does not take that for its end", async () => {
      const caught: unknown[] = [];
      const stubborn = flow("stubborn", async (f) => {
        try {
          return (await f.waitFor<string>("go", 10_000)) ?? "time";
        } catch (error) {
          caught.push(error);
          return "swallowed";
        }
      });
      const here = await open(stubborn);
      await here.start(stubborn, "s", null);
      await pause(50);
      await here.close(500);
      expect(caught).toHaveLength(1);
      expect(caught[0]).toBeInstanceOf(FlowInterrupted);
      const again = await open(stubborn);
      expect(await again.state("s")).toEqual({ state: "interrupted" });
      await again.resume();
      await again.signal("s", "go", "went");
      expect(await again.result("s", 5_000)).toBe("went");
    });

    it("leaves a flow of another version alone, and says so", async () => {
      const old = flow("changing", async (f) => (await f.waitFor<string>("go", 10_000)) ?? "old");
      const here = await open(old);
      await here.start(old, "c", null);
      await here.close();
      const again = await open({ ...old, version: 2 });
      expect(await again.resume()).toEqual([]);
      const state = await again.state("c");
      expect(state).toMatchObject({ state: "interrupted" });
      expect(state.state === "interrupted" && state.because).toMatch(/changing version 1.*version 2/);
    });

    it("gives up a flow of another version for good, and says what it was started with", async () => {
      const did: string[] = [];
      const old = flow("changing", async (f, input: { what: string }) => {
        await f.step("act", async () => {
          did.push(input.what);
        });
        await f.waitFor("go", 10_000);
        await f.step("act again", async () => {
          did.push("again");
        });
      });
      const here = await open(old);
      await here.start(old, "c", { what: "shop" });
      await until(() => did.length === 1);
      await here.close();

      const newer = await open({ ...old, version: 2 });
      expect(await newer.giveUp("c", "nobody knows it")).toEqual({ input: { what: "shop" } });
      expect(await newer.giveUp("c", "said again")).toEqual({ input: { what: "shop" } });
      const state = await newer.state("c");
      expect(state).toMatchObject({ state: "failed" });
      expect(state.state === "failed" && [state.error.name, state.error.message]).toEqual([
        "FlowGivenUp",
        "nobody knows it",
      ]);
      await newer.close();

      // Not even by the engine that knows it, and not when it is started once more.
      const again = await open(old);
      expect(await again.resume()).toEqual([]);
      await again.signal("c", "go", true);
      await again.start(old, "c", { what: "shop" });
      await expect(again.result("c", 5_000)).rejects.toThrow("nobody knows it");
      expect(did).toEqual(["shop"]);
    });

    it("gives up a flow that was never begun, before it can be", async () => {
      const did: string[] = [];
      const late = flow("late", async (f) => {
        await f.step("act", async () => {
          did.push("act");
        });
      });
      const here = await open(late);
      expect(await here.giveUp("l", "its process died")).toEqual({ input: null });
      await here.start(late, "l", null);
      await expect(here.result("l", 5_000)).rejects.toThrow("its process died");
      expect(await here.state("l")).toMatchObject({ state: "failed" });
      expect(did).toEqual([]);
    });

    it("does not give up what runs, or what has come to a result", async () => {
      const waits = flow("waits", async (f) => (await f.waitFor<string>("go", 10_000)) ?? "time");
      const here = await open(waits);
      await here.start(waits, "w", null);
      expect(await here.giveUp("w", "too early")).toBeUndefined();
      await here.signal("w", "go", "went");
      expect(await here.result("w", 5_000)).toBe("went");
      expect(await here.giveUp("w", "too late")).toBeUndefined();
      expect(await here.state("w")).toEqual({ state: "done", result: "went" });
    });
  });
}
