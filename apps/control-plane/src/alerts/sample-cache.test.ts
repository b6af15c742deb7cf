import { describe, expect, it } from "vitest";
import { type ReadStored, sampleCache } from "./sample-cache.js";

const second = 1_000;
/** A look every 10 s for an hour; what is written later than its time is added by a test. */
function world() {
  const stored: { at: number; value: number }[] = [];
  const asked: number[] = [];
  const read: ReadStored = async ({ from, to }) => {
    asked.push(to - from);
    const found = stored.filter(({ at }) => at >= from && at <= to).sort((a, b) => a.at - b.at);
    return [
      {
        monitor: "api",
        at: found.map(({ at }) => at),
        values: found.map(({ value }) => value),
        lows: found.map(({ value }) => value),
        highs: found.map(({ value }) => value),
        counts: found.map(() => 1),
      },
    ];
  };
  const cache = sampleCache(read);
  const lookMs = 16 * second;
  return {
    asked,
    put: (at: number, value = 1) => void stored.push({ at, value }),
    async at(now: number) {
      await cache.refresh(new Map([["latency_ms", 3_600 * second]]), now, lookMs);
      return cache.samples("latency_ms", "api", 10 * second)?.at ?? [];
    },
  };
}

describe("the samples at hand", () => {
  it("are read whole once, and then only what may be new", async () => {
    const { put, at, asked } = world();
    put(1_000 * second);
    await at(3_600 * second);
    await at(3_605 * second);
    await at(3_610 * second);
    expect(asked).toEqual([3_600 * second, 26 * second, 26 * second]);
  });

  it.each([
    ["as late as a look may take: with the next evaluation", 20, 5],
    ["as late as after a store that was away: within a minute", 100, 60],
  ])("have what was written late, %s", async (_, late, within) => {
    const { put, at } = world();
    const begin = 10_000 * second;
    for (let now = begin; now <= begin + 200 * second; now += 5 * second) await at(now);
    const now = begin + 200 * second;
    put(now - late * second);
    let found = -1;
    for (let waited = 5; waited <= 60 && found < 0; waited += 5)
      if ((await at(now + waited * second)).includes(now - late * second)) found = waited;
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(within);
  });

  it("go when they are older than anybody looks back, and come once however often they are read", async () => {
    const { put, at } = world();
    for (let t = 0; t <= 7_200; t += 10) put(t * second);
    for (let now = 3_600; now < 7_200; now += 5) await at(now * second);
    expect(await at(7_200 * second)).toEqual(
      Array.from({ length: 361 }, (_, i) => (3_600 + 10 * i) * second),
    );
  });
});
