import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calibrateDispersion, openDispersion } from "./dispersion.js";

/** Park and Miller's generator: enough for a stream that is the same every time. */
function seeded(seed: number) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
/** Blocks in which every cause leaves `size` bad records in the same arm. */
function blocks(size: number, count = 2_000) {
  const random = seeded(42);
  return Array.from({ length: count }, () => {
    const pair = { x1: 0, n1: 500, x0: 0, n0: 500 };
    for (let cause = 0; cause < 12; cause++) if (random() < 0.5) pair[random() < 0.5 ? "x1" : "x0"] += size;
    return pair;
  });
}

describe("dispersion", () => {
  it.each([1, 3, 5])("of clusters of %d is found, at the time and afterwards", (size) => {
    const list = blocks(size);
    expect(calibrateDispersion(list)).toBeCloseTo(size, size > 1 ? -0.3 : 0);
    const live = openDispersion();
    list.forEach((pair, i) => {
      live.add(pair, 10 * i);
    });
    const found = live.estimate() as number;
    expect(found / size).toBeGreaterThan(0.8);
    expect(found / size).toBeLessThan(1.3);
  });

  it("is unknown before ten blocks had a bad event", () => {
    const live = openDispersion();
    for (let i = 0; i < 10; i++) live.add({ x1: 1, n1: 10, x0: 0, n0: 10 }, 10 * i);
    expect(live.estimate()).toBeNull();
    for (let i = 10; i < 12; i++) live.add({ x1: 1, n1: 10, x0: 0, n0: 10 }, 10 * i);
    expect(live.estimate()).not.toBeNull();
  });

  it("is never below one", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            x1: fc.nat(5),
            n1: fc.integer({ min: 5, max: 50 }),
            x0: fc.nat(5),
            n0: fc.integer({ min: 5, max: 50 }),
          }),
        ),
        fc.boolean(),
        (list, exceedances) => {
          const found = calibrateDispersion(list, exceedances);
          expect(found).toBeGreaterThanOrEqual(1);
          expect(Number.isFinite(found)).toBe(true);
        },
      ),
    ));
});
