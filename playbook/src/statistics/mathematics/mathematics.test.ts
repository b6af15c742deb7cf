import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openBank, plain, robust, strict } from "./bank.js";
import { binCount, binOf, binsUp, lowerEdges, quantileEstimate, tailStart } from "./bins.js";
import { expectedRequests, fewestRequests, information, relativeInformation } from "./bound.js";
import { distributionGains, distributionWeights, emptyReference, learn } from "./distribution-bet.js";
import { downwards, relativeTilt, tilt, upwards } from "./kernel.js";
import { logFactorial } from "./log-gamma.js";
import { logAdd, logSum } from "./logarithms.js";
import { normalQuantile } from "./normal-quantile.js";
import { rateInterval } from "./rate-interval.js";

const probability = fc.double({ min: 1e-6, max: 0.999, noNaN: true });
const odds = fc.constantFrom(...upwards, ...downwards);

/** The chance of `k` in `n`, for expectations that are summed exactly. */
const binomial = (k: number, n: number, p: number) =>
  Math.exp(
    logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p),
  );
const upTo = (n: number) => Array.from({ length: n + 1 }, (_, i) => i);

describe("what makes evidence evidence: its expectation under the null is at most 1", () => {
  it("for a limit, whatever the chance below it", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        probability,
        fc.double({ min: 0, max: 1, noNaN: true }),
        odds,
        (n, limit, part, g) => {
          // Bets on harm are fair up to the limit, bets on health from it on.
          const p = g > 1 ? limit * part : limit + (1 - limit) * part * 0.999;
          fc.pre(p > 0 && p < 1);
          const mean = upTo(n).reduce(
            (sum, k) => sum + binomial(k, n, p) * Math.exp(tilt(k, n, limit, g)),
            0,
          );
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    ));

  it("for two arms, whatever stable's rate and the split", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 0, max: 15 }),
        fc.double({ min: 1e-4, max: 0.4, noNaN: true }),
        fc.double({ min: 1, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        odds,
        (n1, n0, p0, ratio, plus, part, g) => {
          const edge = ratio * p0 + plus;
          const p1 = g > 1 ? edge * part : edge + (1 - edge) * part * 0.999;
          fc.pre(p1 > 0 && p1 < 1);
          let mean = 0;
          for (const x1 of upTo(n1))
            for (const x0 of upTo(n0))
              mean +=
                binomial(x1, n1, p1) *
                binomial(x0, n0, p0) *
                Math.exp(relativeTilt({ x1, n1, x0, n0 }, ratio, plus, g));
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    ));

  it("for distributions, when the canary is one request out of stable's own", () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        (counts, others) => {
          // Every outcome of one canary request and `others` of stable, weighed by its chance.
          const total = counts.reduce((a, b) => a + b, 0);
          fc.pre(total >= 50);
          const chances = counts.map((c) => c / total);
          const reference = { shift: counts.slice(), tail: counts.slice() };
          const means = distributionWeights.map(() => 0);
          const visit = (drawn: number[], chance: number): void => {
            if (drawn.length <= others) {
              chances.forEach((p, j) => {
                visit([...drawn, j], chance * p);
              });
              return;
            }
            const [own = 0, ...rest] = drawn;
            const canary = counts.map((_, j) => (j === own ? 1 : 0));
            const stable = counts.map((_, j) => rest.filter((r) => r === j).length);
            distributionGains(canary, stable, reference).forEach((gain, k) => {
              means[k] = (means[k] as number) + chance * Math.exp(gain);
            });
          };
          visit([], 1);
          for (const mean of means) expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 25 },
    ));

  it("for one cause that leaves up to as many bad records as the dispersion says", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        fc.constantFrom(...upwards),
        (dispersion, causes, p, g) => {
          const mean = upTo(causes).reduce((sum, k) => {
            const gain = tilt(k * dispersion, causes * dispersion, p, g) / dispersion;
            return sum + binomial(k, causes, p) * Math.exp(gain);
          }, 0);
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    ));
});

describe("a bank", () => {
  const even = [0.5, 0.5];
  const steps = fc.array(
    fc.record({
      wait: fc.double({ min: 0, max: 40, noNaN: true }),
      seconds: fc.double({ min: 0.1, max: 20, noNaN: true }),
    }),
    { minLength: 1, maxLength: 30 },
  );

  it.each([
    ["strict", strict],
    ["robust", robust],
    ["plain", plain],
  ] as const)("%s: nothing seen is no evidence, also across gaps", (_, profile) =>
    fc.assert(
      fc.property(steps, (list) => {
        const bank = openBank(even, profile);
        let at = 0;
        for (const { wait, seconds } of list) {
          bank.bet(at + wait, at + wait + seconds, [0, 0]);
          at += wait + seconds;
          expect(bank.logE).toBeCloseTo(0, 10);
        }
      }),
    ),
  );

  it("goes on from its state as if it had never stopped", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true })),
          { minLength: 2, maxLength: 40 },
        ),
        fc.constantFrom(strict, robust, plain),
        fc.nat(39),
        (gains, profile, cut) => {
          const whole = openBank(even, profile);
          let parts = openBank(even, profile);
          gains.forEach((gain, t) => {
            whole.bet(4 * t, 4 * t + 4, gain);
            if (t === cut) parts = openBank(even, profile, JSON.parse(JSON.stringify(parts.state())));
            parts.bet(4 * t, 4 * t + 4, gain);
          });
          expect(parts.logE).toBe(whole.logE);
          expect(parts.most).toBe(whole.most);
        },
      ),
    ));

  it("lets no block of ten seconds gain more than the cap", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 10, maxLength: 60 }),
        (gains) => {
          const bank = openBank([1], robust);
          const blocks: number[] = [0];
          gains.forEach((gain, t) => {
            bank.bet(t, t + 1, [gain]);
            if (t % 10 === 9) blocks.push(bank.logE);
          });
          for (let i = 1; i < blocks.length; i++)
            expect((blocks[i] as number) - (blocks[i - 1] as number)).toBeLessThanOrEqual(3 + 1e-9);
        },
      ),
    ));
});

describe("numbers", () => {
  it("add in logarithms as they do without", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 10 }),
        (terms) => {
          const wanted = Math.log(terms.reduce((sum, term) => sum + Math.exp(term), 0));
          expect(logSum(terms)).toBeCloseTo(wanted, 9);
          expect(terms.reduce(logAdd, Number.NEGATIVE_INFINITY)).toBeCloseTo(wanted, 9);
        },
      ),
    ));

  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-300, -37.0471],
  ])("Φ⁻¹(%d) is %d", (p, z) => expect(normalQuantile(p)).toBeCloseTo(z, p < 1e-200 ? 3 : 12));

  it.each([
    [0, 0],
    [1, 0],
    [5, Math.log(120)],
    [20, 42.335616460753485],
    [0.5, -0.1207822376352452],
    [1e9, 19723265848.226982],
  ])("ln %d! is %d", (x, wanted) =>
    expect(Math.abs(logFactorial(x) - wanted)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(wanted))),
  );

  it("keep a rate inside its interval, and narrow it as requests come", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const x = Math.floor(part * n);
        const { low, high } = rateInterval(x, n, 0.05);
        expect(low).toBeLessThanOrEqual(x / n);
        expect(high).toBeGreaterThanOrEqual(x / n);
        const more = rateInterval(100 * x, 100 * n, 0.05);
        expect(more.high - more.low).toBeLessThanOrEqual(high - low + 1e-12);
      }),
    ));

  it("stay exact at a billion requests", () => {
    // Both ends solved with sixty digits.
    const { low, high } = rateInterval(1e7, 1e9, 0.05);
    expect(Math.abs(low - 0.009985083721874382)).toBeLessThan(1e-14);
    expect(Math.abs(high - 0.01001493112591419)).toBeLessThan(1e-14);
    const bank = openBank(
      upwards.map(() => 1 / 8),
      strict,
    );
    for (let t = 0; t < 1000; t++)
      bank.bet(
        t,
        t + 1,
        upwards.map((g) => relativeTilt({ x1: 5_000, n1: 5e5, x0: 5_000, n0: 5e5 }, 1, 0, g)),
      );
    expect(bank.logE).toBeLessThan(0);
    expect(bank.logE).toBeGreaterThan(-20);
    bank.bet(
      1000,
      1001,
      upwards.map((g) => relativeTilt({ x1: 8_000, n1: 5e5, x0: 5_000, n0: 5e5 }, 1, 0, g)),
    );
    expect(bank.logE).toBeGreaterThan(100);
  });
});

describe("bins", () => {
  it("hold what lies between their edges", () =>
    fc.assert(
      fc.property(fc.double({ min: 0, max: 200_000, noNaN: true }), (ms) => {
        const bin = binOf(ms);
        expect(ms).toBeGreaterThanOrEqual(lowerEdges[bin] as number);
        if (bin < binCount - 1) expect(ms).toBeLessThan(lowerEdges[bin + 1] as number);
      }),
    ));

  it("begin at their own edges", () => {
    expect(lowerEdges.map(binOf)).toEqual(upTo(binCount - 1));
    expect(lowerEdges[binCount - 1]).toBeCloseTo(55_800, -2);
  });

  it("move a factor up by whole bins, never by fewer", () => {
    expect([binsUp(1), binsUp(1.05), binsUp(1.1), binsUp(1.25)]).toEqual([0, 1, 2, 5]);
  });

  it("find the tail that holds at most a share", () => {
    expect(tailStart([10, 10, 10, 10], 0.25)).toBe(3);
    expect(tailStart([10, 10, 10, 10], 0.24)).toBe(4);
    expect(tailStart([10, 10, 10, 10], 1)).toBe(0);
  });

  it("enclose the quantile of what was counted", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(500), { minLength: binCount, maxLength: binCount }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (counts, q) => {
          fc.pre(counts.some((c) => c > 0));
          const found = quantileEstimate(counts, q, 0.05);
          expect(found?.low).toBeLessThanOrEqual(found?.value as number);
          expect(found?.high).toBeGreaterThanOrEqual(found?.value as number);
        },
      ),
    ));

  it("have no quantile where there is nothing", () =>
    expect(quantileEstimate(new Array(binCount).fill(0), 0.5, 0.05)).toBeUndefined());
});

describe("a reference", () => {
  it("forgets half of what it knew after its memory's worth of requests", () => {
    const reference = emptyReference(2);
    learn(reference, [2_000, 0]);
    learn(reference, [0, 2_000]);
    expect(reference.shift[0]).toBeCloseTo(1_000, 9);
    expect(reference.tail[0]).toBeCloseTo(2_000 * 2 ** -0.1, 9);
  });

  it("is not bet on before it knows fifty requests", () => {
    const reference = emptyReference(2);
    learn(reference, [49, 0]);
    expect(distributionGains([0, 10], [10, 0], reference).every((gain) => gain === 0)).toBe(true);
    learn(reference, [2, 0]);
    expect(distributionGains([0, 10], [10, 0], reference).some((gain) => gain > 0)).toBe(true);
  });
});

describe("the bound", () => {
  it.each([
    { p1: 0.02, p0: 0.01, requests: 1177 },
    { p1: 0.05, p0: 0.01, requests: 112 },
  ])("for a limit: $p0 broken at $p1 takes $requests requests", ({ p1, p0, requests }) =>
    expect(Math.round(fewestRequests(0.01, information(p1, p0)))).toBe(requests),
  );

  it.each([
    { p0: 0.001, p1: 0.005, w: 0.1, requests: 13772 },
    { p0: 0.01, p1: 0.02, w: 0.5, requests: 5341 },
    { p0: 0, p1: 0.05, w: 0.5, requests: 261 },
  ])("against stable: $p0 to $p1 at a split of $w takes $requests requests", ({ p0, p1, w, requests }) =>
    expect(Math.round(fewestRequests(0.01, relativeInformation(p1, p0, w)))).toBe(requests),
  );

  it("is less than what is to be expected", () =>
    expect(expectedRequests(0.01, 1, 0.004)).toBeGreaterThan(fewestRequests(0.01, 0.004)));
});
