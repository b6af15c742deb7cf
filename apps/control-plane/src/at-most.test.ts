import { fakeClock } from "@atoms/testkit";
import { expect, it } from "vitest";
import { atMost } from "./at-most.js";

const never = new Promise<never>(() => undefined);

it("waits until the work is settled, and leaves no timer that would keep a command from ending", async () => {
  const clock = fakeClock();
  await atMost(Promise.resolve(), 2_000, clock);
  await expect(atMost(Promise.reject(new Error("broken")), 2_000, clock)).rejects.toThrow("broken");
  expect([clock.sleepers, clock.monotonic()]).toEqual([0, 0]);
});

it("waits no longer than it was told", async () => {
  const clock = fakeClock();
  await clock.runUntil(atMost(never, 2_000, clock));
  expect([clock.sleepers, clock.monotonic()]).toEqual([0, 2_000]);
});
