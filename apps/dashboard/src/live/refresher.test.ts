import { describe, expect, it } from "vitest";
import { refresher } from "./refresher.js";

/** Time that goes on only when it is told to. */
function aClock() {
  let now = 0;
  let waiting: { at: number; call: () => void }[] = [];
  return {
    now: () => now,
    later(call: () => void, ms: number) {
      const one = { at: now + ms, call };
      waiting.push(one);
      return () => {
        waiting = waiting.filter((other) => other !== one);
      };
    },
    async on(ms: number) {
      now += ms;
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter(({ at }) => at > now);
      for (const { call } of due) call();
      for (let i = 0; i < 5; i++) await Promise.resolve();
    },
  };
}

function setUp() {
  const clock = aClock();
  const ends: (() => void)[] = [];
  let begun = 0;
  const again = refresher(
    () => {
      begun++;
      return new Promise<void>((resolve) => void ends.push(resolve));
    },
    { gatherMs: 100, leastMs: 600 },
    clock.now,
    clock.later,
  );
  const end = async () => {
    ends.shift()?.();
    await clock.on(0);
  };
  return { clock, again, end, begun: () => begun };
}

describe("what is read again when there is news", () => {
  it("many news at once are one reading", async () => {
    const { clock, again, begun } = setUp();
    for (let i = 0; i < 50; i++) again.wanted();
    expect(begun()).toBe(0);
    await clock.on(100);
    expect(begun()).toBe(1);
  });

  it("news while it reads are read once more after it, and not at once", async () => {
    const { clock, again, end, begun } = setUp();
    again.wanted();
    await clock.on(100);
    again.wanted();
    again.wanted();
    await clock.on(5_000);
    expect(begun()).toBe(1);
    await end();
    await clock.on(599);
    expect(begun()).toBe(1);
    await clock.on(1);
    expect(begun()).toBe(2);
    await end();
    await clock.on(10_000);
    expect(begun()).toBe(2);
  });

  it("what a page opens with is read at once, and once", async () => {
    const { clock, again, end, begun } = setUp();
    again.begin();
    expect(begun()).toBe(1);
    again.begin();
    await end();
    await clock.on(10_000);
    expect(begun()).toBe(1);
  });

  it("nothing is read for somebody who has left", async () => {
    const { clock, again, begun } = setUp();
    again.wanted();
    again.stop();
    await clock.on(10_000);
    again.wanted();
    again.begin();
    await clock.on(10_000);
    expect(begun()).toBe(0);
  });
});
