import { logAdd, logSum } from "./logarithms.js";

/** How a bank spreads its bets over the time at which a fault may begin, and how much one moment may count. */
export type Profile = {
  /** Share of the wealth that bets from the start; the rest is spread over later starts. 1 is the plain mixture. */
  early: number;
  /** Seconds after which half of the rest has begun to bet. */
  half: number;
  /** Seconds in a block; 0 makes every bucket its own block. */
  block: number;
  /** Most that one component may gain inside a block, in nats. */
  cap: number;
};

/** Every bucket counts in full: fastest, and right where requests fail independently. */
export const strict: Profile = { early: 0.75, half: 1800, block: 0, cap: Number.POSITIVE_INFINITY };
/** No ten seconds alone can roll a release back: one stall or burst counts as one event. */
export const robust: Profile = { early: 0.75, half: 1800, block: 10, cap: 3 };
/** No late starts and no cap: for proofs that begin afresh with every step. */
export const plain: Profile = { early: 1, half: 1800, block: 0, cap: Number.POSITIVE_INFINITY };

/** A bank as plain data; null stands for a log-wealth of minus infinity. */
export type BankState = {
  wealth: (number | null)[];
  gained: number[];
  until: number | null;
  logE: number;
  most: number;
};

/** Many bets on the same claim, over sizes of effect and times of onset, averaged into one e-process. */
export interface Bank {
  /** Takes the gains of one bucket, `[start, end)` in seconds since the bank's clock began. */
  bet(start: number, end: number, gains: ArrayLike<number>): void;
  /** The evidence now, as a logarithm; 0 before any data. */
  readonly logE: number;
  /** The most it has been. `min(1, exp(-most))` is a p-value at any time. */
  readonly most: number;
  /** How the evidence divides over the components; sums to 1 once there was a bet. */
  shares(): number[];
  /** Log-wealth of the component that has gained most. */
  leading(): number;
  state(): BankState;
}

/**
 * Opens a bank.
 * @param weights One per component, summing to 1.
 * @param saved A state to go on from.
 */
export function openBank(weights: readonly number[], profile: Profile, saved?: BankState): Bank {
  const { early, half, block, cap } = profile;
  const size = weights.length;
  const logWeights = weights.map(Math.log);
  const wealth =
    saved?.wealth.map((w) => w ?? Number.NEGATIVE_INFINITY) ?? weights.map(() => Number.NEGATIVE_INFINITY);
  const gained = saved?.gained.slice() ?? weights.map(() => 0);
  const terms: number[] = new Array(size + 1).fill(Number.NEGATIVE_INFINITY);
  let until = saved?.until ?? null;
  let logE = saved?.logE ?? 0;
  let most = saved?.most ?? 0;

  /** Share of the late wealth that has not begun to bet by `t`. */
  const waiting = (t: number) => (1 - early) / (1 + t / half);

  function openBlock(start: number, end: number): void {
    const first = until === null;
    const before = until ?? 0;
    until = block > 0 ? (Math.floor(start / block) + 1) * block : end;
    // Whatever is due to begin before the block ends begins with it, also what was due while there were no data.
    const begins = waiting(before) - waiting(until) + (first ? early : 0);
    const logBegins = Math.log(begins);
    for (let k = 0; k < size; k++) {
      wealth[k] = logAdd((wealth[k] as number) + Math.min(cap, gained[k] as number), logBegins);
      gained[k] = 0;
    }
  }

  return {
    bet(start, end, gains) {
      if (until === null || start >= until) openBlock(start, end);
      for (let k = 0; k < size; k++) {
        gained[k] = (gained[k] as number) + (gains[k] as number);
        terms[k] = (logWeights[k] as number) + (wealth[k] as number) + Math.min(cap, gained[k] as number);
      }
      terms[size] = Math.log(waiting(until as number));
      logE = logSum(terms);
      if (logE > most) most = logE;
    },
    get logE() {
      return logE;
    },
    get most() {
      return most;
    },
    shares() {
      if (until === null) return weights.slice();
      const each = logWeights.map((w, k) => w + (wealth[k] as number) + Math.min(cap, gained[k] as number));
      const all = logSum(each);
      return each.map((one) => Math.exp(one - all));
    },
    leading: () => Math.max(...wealth.map((w, k) => w + Math.min(cap, gained[k] as number))),
    state: () => ({
      wealth: wealth.map((w) => (w === Number.NEGATIVE_INFINITY ? null : w)),
      gained: gained.slice(),
      until,
      logE,
      most,
    }),
  };
}

/** The anytime p-value of an e-process whose logarithm has been at most `most`. */
export const pValue = (most: number): number => Math.min(1, Math.exp(-most));
