import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binOf } from "../../statistics/index.js";
import { binsOf, boundOf, type Cumulative, slowerThan, timed } from "./histogram.js";

const bounds = [5, 100, 250, 500, 2_500, Number.POSITIVE_INFINITY];
/** What a histogram with these bounds makes of latencies. */
const histogram = (latencies: readonly number[]): Cumulative =>
  bounds.map((bound) => [bound, latencies.filter((ms) => ms <= bound).length]);
const known = new Set(bounds);
const latencies = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 60 });
const upTo = (bins: readonly (readonly [number, number])[], bin: number) =>
  bins.reduce((so, [at, count]) => so + (at <= bin ? count : 0), 0);

describe("a histogram of durations", () => {
  it.each([
    { le: "0.29", unit: 1_000, is: 290 },
    { le: "+Inf", unit: 1_000, is: Number.POSITIVE_INFINITY },
    { le: "500", unit: 1, is: 500 },
    { le: "many", unit: 1, is: undefined },
    { le: undefined, unit: 1, is: undefined },
  ])("reads the bound $le as $is ms", ({ le, unit, is }) => {
    expect(boundOf(le, unit)).toBe(is);
  });

  it("counts the slow ones exactly at a bound, and not at all beside one", () => {
    fc.assert(
      fc.property(latencies, (all) => {
        expect(slowerThan(histogram(all), 500, known)).toBe(all.filter((ms) => ms > 500).length);
        expect(slowerThan(histogram(all), 400, known)).toBeUndefined();
      }),
    );
  });

  it("loses and invents none, and flatters the canary only", () => {
    fc.assert(
      fc.property(latencies, fc.nat(225), (all, bin) => {
        const [canary, stable] = [binsOf(histogram(all), "lower"), binsOf(histogram(all), "upper")];
        expect(upTo(canary, 225)).toBe(all.length);
        expect(upTo(stable, 225)).toBe(all.length);
        expect(timed(histogram(all))).toBe(all.length);
        const real = all.filter((ms) => binOf(ms) <= bin).length;
        expect(upTo(canary, bin)).toBeGreaterThanOrEqual(real);
        expect(upTo(stable, bin)).toBeLessThanOrEqual(real);
      }),
    );
  });
});
