import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fakeClock } from "./fake-clock.js";

describe("a fake clock", () => {
  it("stands still until it is moved", () => {
    const clock = fakeClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  });

  it("wakes sleepers in order, each at its own time, also those who lie down again", async () => {
    const clock = fakeClock(0);
    const woke: [string, number][] = [];
    const sleeper = async (name: string, ...naps: number[]) => {
      for (const ms of naps) {
        await clock.sleep(ms);
        woke.push([name, clock.now()]);
      }
    };
    const all = Promise.all([sleeper("a", 30, 20), sleeper("b", 10, 15), sleeper("c", 100)]);
    await clock.advance(60);
    expect(woke).toEqual([
      ["b", 10],
      ["b", 25],
      ["a", 30],
      ["a", 50],
    ]);
    expect([clock.now(), clock.sleepers]).toEqual([60, 1]);
    await clock.advanceTo(100);
    await all;
    expect(woke.at(-1)).toEqual(["c", 100]);
  });

  it("rejects a cancelled sleep with the reason of its signal", async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const sleep = clock.sleep(50, stop.signal);
    stop.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    await expect(clock.sleep(1, stop.signal)).rejects.toThrow("enough");
    expect(clock.sleepers).toBe(0);
  });

  it("does not go back", async () => {
    await expect(fakeClock(10).advanceTo(9)).rejects.toThrow("does not go back");
  });

  it("jumps as a wall clock that is set: no time passes, and sleepers sleep on", async () => {
    const clock = fakeClock(1_000);
    let woke = 0;
    void clock.sleep(50).then(() => {
      woke = clock.monotonic();
    });
    clock.jump(-900);
    expect([clock.now(), clock.monotonic()]).toEqual([100, 0]);
    await clock.advance(49);
    expect(woke).toBe(0);
    await clock.advanceTo(150);
    expect([woke, clock.now()]).toEqual([50, 150]);
  });

  it("flies from sleeper to sleeper until work is settled", async () => {
    const clock = fakeClock(0);
    const work = (async () => {
      for (let i = 0; i < 5; i++) await clock.sleep(60_000);
      return clock.now();
    })();
    expect(await clock.runUntil(work)).toBe(300_000);
  });

  it("does not fly past a deadline while a file is read", async () => {
    const clock = fakeClock(0);
    const stop = new AbortController();
    const late = clock.sleep(1_000, stop.signal).then(() => "late");
    const work = Promise.race([late, readFile(fileURLToPath(import.meta.url), "utf8").then(() => "read")]);
    expect(await clock.runUntil(work)).toBe("read");
    stop.abort();
    await late.catch(() => undefined);
  });

  it("says when the work takes too long, and passes on its failure", async () => {
    const clock = fakeClock(0);
    await expect(clock.runUntil(clock.sleep(5_000), 1_000)).rejects.toThrow("within 1000 ms");
    await expect(clock.runUntil(Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });
});
