import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricSeries } from "./model.js";
import { slicesOf } from "./slices.js";

const series = (points: [at: number, value: number, looks?: number][]): MetricSeries => ({
  monitor: "health",
  at: points.map(([at]) => at),
  values: points.map(([, value]) => value),
  lows: points.map(([, value]) => value),
  highs: points.map(([, value]) => value),
  counts: points.map(([, , looks = 1]) => looks),
});

describe("slices of a metric", () => {
  it("tell each part of the time by itself, and leave out where nothing was seen", () => {
    const points = series([
      [0, 10],
      [9, 30],
      [25, 5],
      [40, 7],
    ]);
    expect(slicesOf(points, 0, 40, 4)).toEqual([
      { at: 0, mean: 20, low: 10, high: 30, p50: 10, p95: 30, looks: 2 },
      { at: 20, mean: 5, low: 5, high: 5, p50: 5, p95: 5, looks: 1 },
      { at: 30, mean: 7, low: 7, high: 7, p50: 7, p95: 7, looks: 1 },
    ]);
  });

  it("weigh a thinned point by the looks that it stands for", () => {
    const points = series([
      [0, 1, 98],
      [1, 0, 2],
    ]);
    expect(slicesOf(points, 0, 10, 1)).toMatchObject([{ mean: 0.98, p50: 1, looks: 100 }]);
  });

  it("leave out what is not of the span", () => {
    const points = series([
      [-1, 1],
      [11, 1],
    ]);
    expect(slicesOf(points, 0, 10, 2)).toEqual([]);
  });

  const point = fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
  it("lose no look, and every figure lies between the lowest and the highest", () =>
    fc.assert(
      fc.property(fc.array(point), fc.integer({ min: 1, max: 50 }), (points, count) => {
        const slices = slicesOf(series(points.toSorted(([a], [b]) => a - b)), 0, 1_000, count);
        expect(slices.reduce((sum, { looks }) => sum + looks, 0)).toBe(points.length);
        for (const { low, high, p50, p95 } of slices) {
          expect(p50).toBeGreaterThanOrEqual(low);
          expect(p95).toBeGreaterThanOrEqual(p50);
          expect(high).toBeGreaterThanOrEqual(p95);
        }
      }),
    ));
});
