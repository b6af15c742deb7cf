import { type Engine, isProblem } from "@atoms/playbook";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EngineFixture, type Flows, flow, refusal, until } from "./engine-words.contract.js";
import { restartContract } from "./restart.contract.js";

/** Holds an engine to the words of the ports `Flow` and `Engine`. Uses real time, in small pieces. */
export function engineContract(name: string, fixture: () => Promise<EngineFixture>): void {
  describe(`an engine (${name})`, () => {
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

    it("runs a flow and gives its result", async () => {
      const add = flow("add", async (_, input: { a: number; b: number }) => input.a + input.b);
      const here = await open(add);
      await here.start(add, "sum-1", { a: 2, b: 3 });
      expect(await here.result("sum-1", 5_000)).toBe(5);
      expect(await here.state("sum-1")).toEqual({ state: "done", result: 5 });
    });

    it("knows nothing of a flow that was never started", async () => {
      const here = await open();
      expect(await here.state("nobody")).toEqual({ state: "unknown" });
      await expect(here.result("nobody", 1_000)).rejects.toMatchObject({ code: "ATM-713" });
    });

    it("starts once under one id, and keeps the first input", async () => {
      let runs = 0;
      const once = flow("once", async (f, input: string) =>
        f.step("count", async () => {
          runs += 1;
          return input;
        }),
      );
      const here = await open(once);
      await here.start(once, "one", "first");
      await here.start(once, "one", "second");
      expect(await here.result("one", 5_000)).toBe("first");
      await here.start(once, "one", "third");
      expect(await here.result("one", 5_000)).toBe("first");
      expect(runs).toBe(1);
    });

    it("gives a failed flow's problem back with its code, now and after a restart", async () => {
      const fails = flow("fails", async (f) => {
        await f.step("break", async () => {
          throw refusal;
        });
      });
      const here = await open(fails);
      await here.start(fails, "bad", null);
      const error = await here.result("bad", 5_000).catch((e: unknown) => e);
      expect(isProblem(error)).toBe(true);
      expect(error).toMatchObject(refusal.toJSON());
      expect(await here.state("bad")).toMatchObject({ state: "failed", error: { code: "ATM-999" } });
      await here.close();
      const again = await open(fails);
      await expect(again.result("bad", 5_000)).rejects.toMatchObject(refusal.toJSON());
    });

    it("gives other errors back by name and message, inside the flow too", async () => {
      const fails = flow("fails-plainly", async (f) => {
        try {
          await f.step("break", async () => {
            throw new TypeError("no such thing");
          });
        } catch (error) {
          const { name: kind, message } = error as Error;
          throw new Error(`${kind}: ${message}`);
        }
      });
      const here = await open(fails);
      await here.start(fails, "bad", null);
      await expect(here.result("bad", 5_000)).rejects.toThrow("TypeError: no such thing");
    });

    it("answers undefined, null and nested values as they were", async () => {
      const values = flow("values", async (f) => [
        (await f.step("nothing", async () => undefined)) === undefined,
        await f.step("null", async () => null),
        await f.step("nested", async () => ({ list: [1, { deep: "é\u0000✓" }], yes: true })),
      ]);
      const here = await open(values);
      await here.start(values, "v", null);
      expect(await here.result("v", 5_000)).toEqual([
        true,
        null,
        { list: [1, { deep: "é\u0000✓" }], yes: true },
      ]);
    });

    it("does not wait for ever for a result", async () => {
      const slow = flow("slow", async (f) => f.sleep(60_000));
      const here = await open(slow);
      await here.start(slow, "s", null);
      await expect(here.result("s", 50)).rejects.toMatchObject({ code: "ATM-712" });
      expect(await here.state("s")).toEqual({ state: "running" });
    });

    describe("a step", () => {
      it("is tried as often as asked, then fails with the last error", async () => {
        const tries: string[] = [];
        const trying = flow("trying", async (f) => {
          await f.step("third time", async () => attempt("a", 3), { attempts: 3, backoffMs: 1 });
          await f.step("never", async () => attempt("b", 9), { attempts: 2, backoffMs: 1 });
        });
        const attempt = (label: string, succeeds: number) => {
          tries.push(label);
          const count = tries.filter((one) => one === label).length;
          if (count < succeeds) throw new Error(`${label} failed, try ${count}`);
        };
        const here = await open(trying);
        await here.start(trying, "t", null);
        await expect(here.result("t", 5_000)).rejects.toThrow("b failed, try 2");
        expect(tries).toEqual(["a", "a", "a", "b", "b"]);
      });

      it("waits longer between tries each time", async () => {
        const at: number[] = [];
        const trying = flow("waiting", async (f) => {
          await f.step(
            "again",
            async () => {
              at.push(performance.now());
              if (at.length < 3) throw new Error("not yet");
            },
            { attempts: 3, backoffMs: 40 },
          );
        });
        const here = await open(trying);
        await here.start(trying, "t", null);
        await here.result("t", 5_000);
        expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(38);
        expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(78);
      });

      it("fails when its time is up, and its signal fires", async () => {
        let fired = false;
        const hanging = flow("hanging", async (f) => {
          await f.step(
            "hang",
            (signal) =>
              new Promise<void>(() => {
                signal.addEventListener("abort", () => {
                  fired = true;
                });
              }),
            { timeoutMs: 60, attempts: 3 },
          );
        });
        const here = await open(hanging);
        await here.start(hanging, "h", null);
        await expect(here.result("h", 5_000)).rejects.toMatchObject({ code: "ATM-711" });
        expect(fired).toBe(true);
      });
    });

    describe("a signal", () => {
      const listens = flow("listens", async (f, input: { times: number; timeoutMs: number }) => {
        const heard = [];
        for (let i = 0; i < input.times; i++)
          heard.push((await f.waitFor<string>("word", input.timeoutMs)) ?? null);
        return heard;
      });

      it("is heard by a flow that waits", async () => {
        const here = await open(listens);
        await here.start(listens, "l", { times: 1, timeoutMs: 10_000 });
        await here.signal("l", "word", "hello");
        expect(await here.result("l", 5_000)).toEqual(["hello"]);
      });

      it("is kept until it is waited for, in the order sent, name by name", async () => {
        const late = flow("late", async (f) => {
          await f.waitFor("go", 10_000);
          return [
            await f.waitFor("word", 0),
            await f.waitFor("word", 0),
            (await f.waitFor("word", 0)) ?? "none left",
          ];
        });
        const here = await open(late);
        await here.start(late, "l", null);
        await here.signal("l", "word", { n: 1 });
        await here.signal("l", "word", { n: 2 });
        await here.signal("l", "go", true);
        expect(await here.result("l", 5_000)).toEqual([{ n: 1 }, { n: 2 }, "none left"]);
      });

      it("does not come when the time is up", async () => {
        const here = await open(listens);
        const begun = performance.now();
        await here.start(listens, "l", { times: 1, timeoutMs: 120 });
        expect(await here.result("l", 5_000)).toEqual([null]);
        expect(performance.now() - begun).toBeGreaterThanOrEqual(118);
      });

      it("survives a restart, sent and unread", async () => {
        const here = await open(listens);
        await here.start(listens, "l", { times: 2, timeoutMs: 10_000 });
        await here.signal("l", "word", "before");
        await until(async () => (await here.state("l")).state === "running");
        await here.close();
        const again = await open(listens);
        expect(await again.resume()).toEqual(["l"]);
        await again.signal("l", "word", "after");
        expect(await again.result("l", 5_000)).toEqual(["before", "after"]);
      });
    });

    describe("a child", () => {
      it("runs once under its id, for two parents", async () => {
        let runs = 0;
        const child = flow("child", async (f, input: number) =>
          f.step("work", async () => {
            runs += 1;
            return input * 2;
          }),
        );
        const parent = flow("parent", async (f, input: number) => f.child(child, "the-child", input));
        const here = await open(child, parent);
        await here.start(parent, "p1", 21);
        await here.start(parent, "p2", 4);
        expect([await here.result("p1", 5_000), await here.result("p2", 5_000)]).toEqual(
          runs === 1 ? [await here.result("the-child", 1_000), await here.result("the-child", 1_000)] : [],
        );
        expect(await here.state("the-child")).toMatchObject({ state: "done" });
      });

      it("fails its parent with its own problem", async () => {
        const child = flow("sick-child", async () => {
          throw refusal;
        });
        const parent = flow("sick-parent", async (f) => f.child(child, "c", null));
        const here = await open(child, parent);
        await here.start(parent, "p", null);
        await expect(here.result("p", 5_000)).rejects.toMatchObject({ code: "ATM-999", fix: refusal.fix });
      });
    });
  });
  restartContract(name, fixture);
}
