import { logAdd, logSum } from "./logarithms.js";

/** A restarting bank as plain data. */
export type RestartingBankState = { wealth: (number | null)[] };

/**
 * Shiryaev–Roberts mixture: a fresh bet of `seconds` begins at every bucket, so that a change is seen whenever it
 * comes. While the null is true its value minus the time is a supermartingale: an alarm at T comes, on average, no
 * earlier than T seconds after the last one.
 */
export interface RestartingBank {
  bet(seconds: number, gains: ArrayLike<number>): void;
  /** ln M, in log-seconds. `-Infinity` before any data. */
  readonly logM: number;
  /** Forgets everything; done after an alarm. */
  reset(): void;
  state(): RestartingBankState;
}

/** Opens a restarting bank. @param weights One per component, summing to 1. */
export function openRestartingBank(weights: readonly number[], saved?: RestartingBankState): RestartingBank {
  const logWeights = weights.map(Math.log);
  const wealth =
    saved?.wealth.map((w) => w ?? Number.NEGATIVE_INFINITY) ?? weights.map(() => Number.NEGATIVE_INFINITY);
  return {
    bet(seconds, gains) {
      const fresh = Math.log(seconds);
      for (let k = 0; k < wealth.length; k++)
        wealth[k] = logAdd(wealth[k] as number, fresh) + (gains[k] as number);
    },
    get logM() {
      return logSum(logWeights.map((w, k) => w + (wealth[k] as number)));
    },
    reset() {
      wealth.fill(Number.NEGATIVE_INFINITY);
    },
    state: () => ({ wealth: wealth.map((w) => (w === Number.NEGATIVE_INFINITY ? null : w)) }),
  };
}
