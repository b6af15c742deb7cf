import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf } from "./plot-columns.js";

describe("columns of a plot", () => {
  it("lines that know different moments are put side by side, gaps as null", () => {
    const canary = { points: [{ at: 2_000, value: 5, low: 4, high: 6 }] };
    const stable = {
      points: [
        { at: 1_000, value: 1 },
        { at: 2_000, value: 2 },
      ],
    };
    expect(columnsOf([canary, stable], 3)).toEqual([
      [1, 2],
      [null, 5],
      [null, 4],
      [null, 6],
      [1, 2],
      [1, 2],
      [1, 2],
      [3, 3],
    ]);
  });

  it("an interval without an upper end reaches as far up as anything that is drawn", () => {
    const open = { points: [{ at: 1_000, value: 5, low: 4, high: null }] };
    expect(columnsOf([open], 9)[3]).toEqual([9]);
    expect(columnsOf([open])[3]).toEqual([5]);
  });

  it("nothing is drawn of nothing", () => expect(columnsOf([])).toEqual([[]]));

  const point = fc.record({ at: fc.integer({ min: 0, max: 50 }), value: fc.double({ noNaN: true }) });
  it("all columns have one length, times grow, and every value is at its time", () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ points: fc.uniqueArray(point, { selector: ({ at }) => at }) })),
        (lines) => {
          const [times, ...columns] = columnsOf(lines);
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          for (const column of columns) expect(column).toHaveLength(times.length);
          for (const [i, { points }] of lines.entries())
            for (const { at, value } of points)
              expect(columns[i * 3]?.[times.indexOf(at / 1_000)]).toBe(value);
        },
      ),
    ));
});
