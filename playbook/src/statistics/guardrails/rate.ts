import type { Count } from "../counts.js";
import { openProof, type ProofState } from "../health.js";
import { type BankState, openBank } from "../mathematics/bank.js";
import { downwards, tilt, upwards } from "../mathematics/kernel.js";
import type { ArmCounts, ProfileName } from "../model.js";
import {
  fewBad,
  type GuardrailTest,
  type Opening,
  profileOf,
  rateEstimate,
  typicalOdds,
} from "./guardrail.js";

type State = { bank: BankState; proof: ProofState | null; canary: Count; stable: Count };

/** A rate of the canary that has a limit of its own; stable is counted to be shown, and takes no part. */
export type RateLimit = {
  limit: number;
  pass: boolean;
  dispersion: number;
  profile: ProfileName | undefined;
  count(arm: ArmCounts): Count;
  /** E.g. "share of requests that failed". */
  what: string;
};

const weights = upwards.map(() => 1 / upwards.length);

/**
 * Opens the test "the rate is at most `limit`". Assumes that each trial of the canary is bad with a conditional chance
 * of at most `limit` while the release is healthy; the chance may move below it.
 */
export function openRate(rate: RateLimit, opening: Opening, state: unknown): GuardrailTest {
  const saved = state as State | undefined;
  const { limit, dispersion } = rate;
  const bank = openBank(weights, profileOf(rate.profile, opening), saved?.bank);
  const proof = rate.pass ? openProof(saved?.proof ?? undefined) : null;
  const canary = { ...(saved?.canary ?? { hits: 0, trials: 0 }) };
  const stable = { ...(saved?.stable ?? { hits: 0, trials: 0 }) };
  const gains = (count: Count, odds: readonly number[]) =>
    odds.map((one) => tilt(count.hits, count.trials, limit, one) / dispersion);
  return {
    get logE() {
      return bank.logE;
    },
    get maxLogE() {
      return bank.most;
    },
    get tooFew() {
      return fewBad(canary.hits);
    },
    bet(bucket, start, end) {
      const one = rate.count(bucket.canary);
      const other = rate.count(bucket.stable);
      canary.hits += one.hits;
      canary.trials += one.trials;
      stable.hits += other.hits;
      stable.trials += other.trials;
      bank.bet(start, end, gains(one, upwards));
      proof?.bet(start, end, gains(one, downwards), one.trials);
    },
    learn() {},
    beginStep: () => proof?.beginStep(),
    get passLogE() {
      return proof?.logE ?? null;
    },
    requestsLeft: (threshold) => proof?.requestsLeft(threshold) ?? null,
    measures: (level) => [
      {
        what: rate.what,
        unit: "share",
        canary: rateEstimate(canary, level, dispersion),
        stable: rateEstimate(stable, level, dispersion),
      },
    ],
    sample: () => ({ canary: canary.trials, stable: stable.trials, bad: canary.hits }),
    effect: () =>
      bank.logE <= 0 ? null : { factor: typicalOdds(upwards, bank.shares()), via: "times the limit" },
    dispersion: () => null,
    state: (): State => ({
      bank: bank.state(),
      proof: proof?.state() ?? null,
      canary: { ...canary },
      stable: { ...stable },
    }),
  };
}
