import { fakeClock } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { openBell } from "./bell.js";

describe("a bell", () => {
  it("wakes who waits, once, also when it was rung before", async () => {
    const clock = fakeClock();
    const bell = openBell();
    const stop = new AbortController();
    const woken: number[] = [];
    const began = clock.now();
    const listener = (async () => {
      while (!stop.signal.aborted) {
        await bell.wait(60_000, clock, stop.signal);
        woken.push(clock.now() - began);
        if (woken.length === 1) bell.ring();
      }
    })();
    await clock.advance(5_000);
    bell.ring();
    bell.ring();
    await clock.advance(70_000);
    stop.abort(new Error("enough"));
    await listener;
    expect(woken).toEqual([5_000, 5_000, 65_000, 75_000]);
  });
});
