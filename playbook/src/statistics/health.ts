import { type Bank, type BankState, openBank, plain } from "./mathematics/bank.js";
import { downwards } from "./mathematics/kernel.js";

/** A proof of health as plain data. */
export type ProofState = { bank: BankState | null; requests: number };

/** Evidence against "this is unhealthy", gathered afresh in every step: a step must earn its own pass. */
export interface Proof {
  /** Takes the gains of one bucket over the odds `downwards`. @param requests Requests of the canary in it. */
  bet(start: number, end: number, gains: readonly number[], requests: number): void;
  beginStep(): void;
  readonly logE: number;
  /** Requests of the canary that are still needed if it goes on as in this step; null where it would never do. */
  requestsLeft(threshold: number): number | null;
  state(): ProofState;
}

const weights = downwards.map(() => 1 / downwards.length);

export function openProof(saved?: ProofState): Proof {
  let bank: Bank | null = saved?.bank ? openBank(weights, plain, saved.bank) : null;
  let requests = saved?.requests ?? 0;
  return {
    bet(start, end, gains, more) {
      bank ??= openBank(weights, plain);
      bank.bet(start, end, gains);
      requests += more;
    },
    beginStep() {
      bank = null;
      requests = 0;
    },
    get logE() {
      return bank?.logE ?? 0;
    },
    requestsLeft(threshold) {
      if (bank === null || requests === 0) return null;
      if (bank.logE >= threshold) return 0;
      // The best component so far carries the evidence; it has to gain its share of the wealth as well.
      const best = bank.leading();
      if (best <= 0) return null;
      return Math.max(1, Math.ceil(requests * ((threshold + Math.log(weights.length)) / best - 1)));
    },
    state: () => ({ bank: bank?.state() ?? null, requests }),
  };
}

/** The most that any of several proofs still needs; null where one would never come, or there is none. */
export function longest(left: readonly (number | null)[]): number | null {
  if (left.length === 0 || left.includes(null)) return null;
  return Math.max(...(left as number[]));
}
