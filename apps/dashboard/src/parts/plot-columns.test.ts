import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf, newestRows, sameLines } from "./plot-columns.js";

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

describe("the same for whoever does not see it", () => {
  const line = (...moments: number[]) => ({ points: moments.map((at) => ({ at, value: at * 10 })) });

  it("rows are the newest first, with what each line knows, and how many there are in all", () => {
    expect(newestRows([line(1, 3), line(2, 3)], 2)).toEqual({
      rows: [
        {
          at: 3,
          points: [
            { at: 3, value: 30 },
            { at: 3, value: 30 },
          ],
        },
        { at: 2, points: [undefined, { at: 2, value: 20 }] },
      ],
      all: 3,
    });
    expect(newestRows([line(1, 3), line(2, 3)], 10).rows.map(({ at }) => at)).toEqual([3, 2, 1]);
    expect(newestRows([], 10)).toEqual({ rows: [], all: 0 });
  });

  it.each([
    ["copies", [line(1, 2)], [line(1, 2)], true],
    ["a point more", [line(1, 2)], [line(1, 2, 3)], false],
    ["a line more", [line(1)], [line(1), line(1)], false],
    ["another value", [{ points: [{ at: 1, value: 1 }] }], [{ points: [{ at: 1, value: 2 }] }], false],
    [
      "another end",
      [{ points: [{ at: 1, value: 1, low: 0 }] }],
      [{ points: [{ at: 1, value: 1, low: 1 }] }],
      false,
    ],
  ])("%s are the same: %#", (_, some, others, same) => {
    expect(sameLines(some, others)).toBe(same);
  });
});

it("a plot takes as many points as there are: 200,000 of them", () => {
  const many = { points: Array.from({ length: 200_000 }, (_, i) => ({ at: 200_000 - i, value: i })) };
  const [times, values] = columnsOf([many]);
  expect([times?.length, values?.[0], values?.at(-1)]).toEqual([200_000, 199_999, 0]);
});
