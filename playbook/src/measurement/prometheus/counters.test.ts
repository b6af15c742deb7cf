import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstSeen, gainsOf, type Series } from "./counters.js";

const target = { job: "shop", instance: "a:1" };
const series = (
  samples: [at: number, value: number][],
  labels: Record<string, string> = { code: "200" },
): Series => ({ labels: { ...target, ...labels }, samples });
const gained = (...all: Series[]) => gainsOf(all, firstSeen(all)).map(({ at, gain }) => [at, gain]);

describe("what counters gained", () => {
  it.each<{ given: string; all: Series[]; gains: number[][] }>([
    { given: "nothing", all: [], gains: [] },
    { given: "one sample", all: [series([[1, 900]])], gains: [] },
    {
      given: "a counter that goes up",
      all: [
        series([
          [1, 900],
          [2, 903],
          [3, 910],
        ]),
      ],
      gains: [
        [2, 3],
        [3, 7],
      ],
    },
    {
      given: "a restart: from zero",
      all: [
        series([
          [1, 900],
          [2, 905],
          [3, 4],
          [4, 6],
        ]),
      ],
      gains: [
        [2, 5],
        [3, 4],
        [4, 2],
      ],
    },
    {
      given: "a gap: told by the sample after it",
      all: [
        series([
          [1, 10],
          [60, 70],
        ]),
      ],
      gains: [[60, 60]],
    },
    {
      given: "a new series of a target that was scraped before: from zero",
      all: [
        series([
          [1, 10],
          [2, 12],
        ]),
        series([[2, 3]], { code: "500" }),
      ],
      gains: [
        [2, 2],
        [2, 3],
      ],
    },
    {
      given: "a new target: what it had before is nobody's",
      all: [
        series([
          [1, 10],
          [2, 12],
        ]),
        series(
          [
            [2, 5_000],
            [3, 5_001],
          ],
          { instance: "b:1" },
        ),
      ],
      gains: [
        [2, 2],
        [3, 1],
      ],
    },
    {
      given: "what is no number",
      all: [
        series([
          [1, 10],
          [2, Number.NaN],
          [3, Number.POSITIVE_INFINITY],
          [4, 11],
        ]),
      ],
      gains: [[4, 1]],
    },
  ])("$given", ({ all, gains }) => {
    expect(gained(...all)).toEqual(gains);
  });

  it("counts every request once, whatever restarts come between the scrapes", () => {
    const steps = fc.array(fc.record({ more: fc.nat(50), restart: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.nat(1_000), steps, (before, scrapes) => {
        let [value, seen] = [before, 0];
        const samples: [number, number][] = [[0, value]];
        scrapes.forEach(({ more, restart }, i) => {
          // A restart that is at once as far as before cannot be seen by anybody.
          if (restart && more < value) value = 0;
          value += more;
          seen += more;
          samples.push([i + 1, value]);
        });
        const sum = gained(series(samples)).reduce((so, [, gain]) => so + (gain as number), 0);
        expect(sum).toBe(seen);
      }),
    );
  });
});
