import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WatchedTime } from "./watched-time.js";

describe("the time something was watched", () => {
  it.each([
    { given: "a clock that goes on", laps: [1_010, 1_020, 1_030], watched: 30 },
    { given: "a clock set forward", laps: [1_010, 7_201_010, 7_201_020], watched: 35 },
    { given: "a clock set back", laps: [1_010, -6_000_000, -5_999_990], watched: 20 },
    { given: "a process that was gone for an hour", laps: [1_010, 3_601_010], watched: 25 },
  ])("is told from $given", ({ laps, watched }) => {
    const time = new WatchedTime(1_000);
    expect(laps.map((now) => time.lap(now, 15)).at(-1)).toBe(watched);
  });

  it("never shrinks, and no lap counts for more than it can have taken", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.nat(100_000))), (laps) => {
        const time = new WatchedTime(0);
        let before = 0;
        for (const [now, longestMs] of laps) {
          const watched = time.lap(now, longestMs);
          expect(watched).toBeGreaterThanOrEqual(before);
          expect(watched).toBeLessThanOrEqual(before + longestMs);
          before = watched;
        }
      }),
    );
  });
});
