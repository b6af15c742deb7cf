// The product's tests on plain numbers, as the figures call for them.
import {
  binCount,
  distributionGains,
  distributionWeights,
  emptyReference,
  learn,
  openBank,
  relativeTilt,
  strict,
  tilt,
  upwards,
} from "@atoms/playbook/statistics";

const even = upwards.map(() => 1 / upwards.length);
export const rate = 100;
export const alarmAt = Math.log(100);

/** "The rate is at most `limit`". */
export function absolute(limit, profile = strict, dispersion = 1) {
  const bank = openBank(even, profile);
  const gains = new Float64Array(upwards.length);
  return {
    bet(start, end, x, n) {
      for (let k = 0; k < gains.length; k++) gains[k] = tilt(x, n, limit, upwards[k]) / dispersion;
      bank.bet(start, end, gains);
      return bank.logE;
    },
    get logE() {
      return bank.logE;
    },
  };
}

/** "The canary's rate is at most `ratio` × stable's + `plus`". */
export function relative(ratio = 1, plus = 0, profile = strict, dispersion = 1) {
  const bank = openBank(even, profile);
  const gains = new Float64Array(upwards.length);
  return {
    bet(start, end, x1, n1, x0, n0) {
      const pair = { x1, n1, x0, n0 };
      for (let k = 0; k < gains.length; k++)
        gains[k] = relativeTilt(pair, ratio, plus, upwards[k]) / dispersion;
      bank.bet(start, end, gains);
      return bank.logE;
    },
    get logE() {
      return bank.logE;
    },
  };
}

/** "The canary is at no quantile slower". @param warm Probabilities per bin that the reference begins with. */
export function distribution(warm, { down = 0, profile = strict, dispersion = 1 } = {}) {
  const bank = openBank(distributionWeights, profile);
  const reference = emptyReference(binCount);
  if (warm) {
    reference.shift = warm.map((p) => p * (2_000 / Math.LN2));
    reference.tail = warm.map((p) => p * (20_000 / Math.LN2));
  }
  return {
    bet(start, end, c1, c0) {
      const gains = distributionGains(moveDown(c1, down), c0, reference);
      bank.bet(start, end, dispersion === 1 ? gains : gains.map((g) => g / dispersion));
      learn(reference, c0);
      return bank.logE;
    },
  };
}

function moveDown(counts, by) {
  if (by === 0) return counts;
  const moved = new Array(counts.length).fill(0);
  counts.forEach((count, j) => {
    moved[Math.max(0, j - by)] += count;
  });
  return moved;
}

/** The canary's share over a release in four steps. */
export const ramp = (t, total) => [0.1, 0.25, 0.5, 0.75][Math.min(3, Math.floor((4 * t) / total))];

/** Moments, the same for both arms, in which something outside is wrong: five seconds, every two minutes or so. */
export function bursts(random, seconds) {
  const active = new Uint8Array(seconds);
  for (let t = 0; t < seconds; t++)
    if (random() < 1 / 120) for (let i = t; i < Math.min(seconds, t + 5); i++) active[i] = 1;
  return (t) => active[t] === 1;
}
