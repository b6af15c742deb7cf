import { describe, expect, it } from "vitest";
import { openProof } from "./health.js";
import { openBank, type Profile, pValue, robust, strict } from "./mathematics/bank.js";
import { distributionGains, distributionWeights, normalScores } from "./mathematics/distribution-bet.js";
import { downwards, relativeTilt, tilt, upwards } from "./mathematics/kernel.js";
import { logSum } from "./mathematics/logarithms.js";
import { rateInterval } from "./mathematics/rate-interval.js";
import { openRestartingBank } from "./mathematics/restarting-bank.js";

// Worked examples to ten digits, computed apart from this code. They hold the formulas in place.

const near = (found: number, wanted: number) =>
  expect(Math.abs(found - wanted), `${found} is not ${wanted}`).toBeLessThanOrEqual(
    1e-9 * Math.max(Math.abs(wanted), 1e-3),
  );
const allNear = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [i, one] of found.entries()) near(one, wanted[i] as number);
};
const even = upwards.map(() => 1 / upwards.length);

describe("the kernel", () => {
  it.each([
    [7, 10, 0.1, 5, 7.901343021],
    [0, 250, 0.01, 3, -4.950656824],
    [3, 12, 0.25, 0.5, -0.4770648302],
  ])("gains on %d hits of %d at chance %d and odds %d: %d", (k, m, p, odds, wanted) =>
    near(tilt(k, m, p, odds), wanted),
  );

  it.each([
    {
      pair: { x1: 4, n1: 120, x0: 3, n0: 1080 },
      ratio: 1,
      plus: 0,
      gains: [
        0.5906678361, 1.280329283, 2.105417464, 3.118198257, 4.082445993, 4.717363169, 4.077953655,
        1.699341219,
      ],
    },
    {
      pair: { x1: 2, n1: 50, x0: 0, n0: 450 },
      ratio: 1.1,
      plus: 0.0005,
      gains: [
        0.3171859761, 0.6943178993, 1.159448366, 1.766511534, 2.433580408, 3.137526487, 3.796769232,
        4.089979359,
      ],
    },
    {
      pair: { x1: 0, n1: 300, x0: 5, n0: 300 },
      ratio: 1,
      plus: 0,
      gains: [
        -0.476550899, -1.115717757, -2.027325541, -3.465735903, -5.493061443, -8.523740461, -13.70420012,
        -19.60986668,
      ],
    },
  ])("compares arms: $pair against ratio $ratio plus $plus", ({ pair, ratio, plus, gains }) =>
    allNear(
      upwards.map((odds) => relativeTilt(pair, ratio, plus, odds)),
      gains,
    ),
  );
});

/** Log of the evidence after each bucket of [x1, n1, x0, n0]. */
function relative(buckets: number[][], seconds: number[], profile: Profile, dispersion = 1): number[] {
  const bank = openBank(even, profile);
  let at = 0;
  return buckets.map(([x1 = 0, n1 = 0, x0 = 0, n0 = 0], i) => {
    const end = at + (seconds[i] as number);
    bank.bet(
      at,
      end,
      upwards.map((odds) => relativeTilt({ x1, n1, x0, n0 }, 1, 0, odds) / dispersion),
    );
    at = end;
    return bank.logE;
  });
}

describe("the bank", () => {
  it("judges a rate bucket by bucket", () => {
    const bank = openBank(even, strict);
    const seen = [
      [0, 50],
      [1, 40],
      [3, 60],
      [2, 50],
      [4, 55],
    ].map(([x = 0, n = 0], t) => {
      bank.bet(
        t,
        t + 1,
        upwards.map((odds) => tilt(x, n, 0.01, odds)),
      );
      return bank.logE;
    });
    allNear(seen, [-0.6653522699, -0.5591729524, 0.4133410768, 1.262690246, 4.467779956]);
  });

  it("goes on across changes of the split", () =>
    allNear(
      relative(
        [
          [1, 100, 2, 900],
          [3, 110, 1, 890],
          [0, 95, 0, 905],
          [9, 250, 6, 750],
          [14, 480, 5, 520],
        ],
        [1, 1, 1, 5, 5],
        strict,
      ),
      [0.1339260216, 3.076406661, 3.076406661, 6.373092128, 8.349386446],
    ));

  it("caps what a block of ten seconds may gain", () =>
    allNear(
      relative(
        [
          [6, 50, 0, 450],
          [5, 50, 1, 450],
          [7, 50, 0, 450],
          [4, 50, 1, 450],
          [6, 50, 0, 450],
        ],
        [5, 5, 5, 5, 5],
        robust,
      ),
      [2.534878849, 2.639362961, 5.530382824, 5.59372081, 8.496522748],
    ));

  it("divides the evidence by the dispersion", () =>
    allNear(
      relative(
        [
          [6, 100, 3, 900],
          [9, 100, 0, 900],
        ],
        [10, 10],
        strict,
        3,
      ),
      [1.741408353, 7.284713383],
    ));
});

it("bets on whole distributions", () => {
  const reference = {
    shift: [120, 340, 310, 160, 50, 15, 4, 1],
    tail: [1250, 3300, 3050, 1640, 520, 170, 58, 12],
  };
  allNear(
    normalScores(reference.shift),
    [
      -1.551094159, -0.5527719467, 0.2920743599, 1.03493493, 1.69062163, 2.226599895, 2.697177092,
      3.090529138,
    ],
  );
  const gains = distributionGains([1, 4, 9, 11, 6, 3, 2, 1], [12, 33, 30, 17, 6, 2, 0, 0], reference);
  allNear(
    gains,
    [
      2.330126149, 4.356022533, 7.540228102, 10.85890703, 7.722726638, 2.246288096, 3.796561439, 3.467025913,
      1.362218422, 2.630788974, 3.546933923, 0, 0, 0,
    ],
  );
  const bank = openBank(distributionWeights, strict);
  bank.bet(0, 1, gains);
  near(bank.logE, 8.348488078);
});

it("averages guardrails into one budget", () => {
  const together = logSum([1.25, -0.4, 5.9, -2.1].map((logE) => Math.log(0.25) + logE));
  near(together, 4.525370706);
  near(pValue(together), 0.01083069869);
});

it.each([
  { x: 0, n: 500, level: 0.05, low: 0, high: 0.009487729037 },
  { x: 12, n: 4000, level: 0.05, low: 0.001010824055, high: 0.00642945385 },
  { x: 150, n: 20000, level: 0.01, low: 0.00540278016, high: 0.01007633412 },
])("covers a rate of $x in $n from $low to $high", ({ x, n, level, low, high }) => {
  const found = rateInterval(x, n, level);
  near(found.low, low);
  near(found.high, high);
});

describe("proofs of health", () => {
  it("disprove a rate over the limit", () => {
    const proof = openProof();
    proof.bet(
      0,
      1,
      downwards.map((odds) => tilt(1, 700, 0.01, odds)),
      700,
    );
    near(proof.logE, 3.369906437);
    expect(proof.logE).toBeGreaterThan(Math.log(20));
  });

  it("disprove a rate over the margin against stable", () => {
    const proof = openProof();
    for (const pair of [
      { x1: 1, n1: 400, x0: 6, n0: 3600 },
      { x1: 2, n1: 450, x0: 9, n0: 3550 },
    ])
      proof.bet(
        0,
        1,
        downwards.map((odds) => relativeTilt(pair, 1.5, 0.005, odds)),
        pair.n1,
      );
    near(proof.logE, 0.6381297301);
  });

  it.each([
    { limit: 0.001, requests: 3816 },
    { limit: 0.005, requests: 762 },
    { limit: 0.01, requests: 380 },
    { limit: 0.02, requests: 190 },
    { limit: 0.05, requests: 75 },
  ])("take $requests good requests at a limit of $limit", ({ limit, requests }) => {
    const after = (n: number) => {
      const proof = openProof();
      proof.bet(
        0,
        1,
        downwards.map((odds) => tilt(0, n, limit, odds)),
        n,
      );
      return proof.logE >= Math.log(20);
    };
    expect([after(requests - 1), after(requests)]).toEqual([false, true]);
  });
});

it("detects a change after the release", () => {
  const bank = openRestartingBank(even);
  const seen = [4, 6, 22, 19, 25].map((x) => {
    bank.bet(
      10,
      upwards.map((odds) => tilt(x, 1000, 0.01, odds)),
    );
    return bank.logM;
  });
  allNear(seen, [-0.9273061914, -0.28397259, 6.069767541, 8.952518242, 16.20484865]);
});
