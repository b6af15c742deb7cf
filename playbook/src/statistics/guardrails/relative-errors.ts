import { type Count, failures } from "../counts.js";
import { type DispersionState, openDispersion } from "../dispersion.js";
import { openProof, type ProofState } from "../health.js";
import { type BankState, openBank } from "../mathematics/bank.js";
import { downwards, relativeTilt, upwards } from "../mathematics/kernel.js";
import { guardrailDefaults, type RelativeErrorsGuardrail } from "../model.js";
import {
  fewBad,
  type GuardrailTest,
  type Kind,
  nameOf,
  type Opening,
  percent,
  profileOf,
  rateEstimate,
  typicalOdds,
} from "./guardrail.js";

type State = {
  bank: BankState;
  proof: ProofState | null;
  canary: Count;
  stable: Count;
  clusters: DispersionState;
};

const standard = guardrailDefaults.relative_errors;
const weights = upwards.map(() => 1 / upwards.length);

/**
 * The canary's rate of failures is at most `ratio` × stable's + `plus`. Arms are compared inside a bucket and the
 * results multiplied, so neither changes of the split nor rates that rise for both can be mistaken for harm.
 */
export const relativeErrors: Kind<RelativeErrorsGuardrail> = {
  says: (g) => {
    const ratio = g.ratio ?? standard.ratio;
    const plus = g.plus ?? standard.plus;
    return `${nameOf[g.of ?? standard.of]} fail at most ${ratio === 1 ? "as often" : `${ratio} times as often`} as on stable${plus > 0 ? `, plus ${percent(plus)}` : ""}`;
  },
  open: openRelativeErrors,
};

function openRelativeErrors(g: RelativeErrorsGuardrail, opening: Opening, state: unknown): GuardrailTest {
  const saved = state as State | undefined;
  const of = g.of ?? standard.of;
  const ratio = g.ratio ?? standard.ratio;
  const plus = g.plus ?? standard.plus;
  const margin = g.pass === false ? null : { ...standard.pass, ...withoutGaps(g.pass ?? {}) };
  const dispersion = g.dispersion ?? 1;
  const bank = openBank(weights, profileOf(g.profile, opening), saved?.bank);
  const proof = margin === null ? null : openProof(saved?.proof ?? undefined);
  const clusters = openDispersion(saved?.clusters);
  const canary = { ...(saved?.canary ?? { hits: 0, trials: 0 }) };
  const stable = { ...(saved?.stable ?? { hits: 0, trials: 0 }) };
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
      const one = failures(bucket.canary, of);
      const other = failures(bucket.stable, of);
      canary.hits += one.hits;
      canary.trials += one.trials;
      stable.hits += other.hits;
      stable.trials += other.trials;
      const pair = { x1: one.hits, n1: one.trials, x0: other.hits, n0: other.trials };
      bank.bet(
        start,
        end,
        upwards.map((odds) => relativeTilt(pair, ratio, plus, odds) / dispersion),
      );
      if (margin !== null)
        proof?.bet(
          start,
          end,
          downwards.map((odds) => relativeTilt(pair, margin.ratio, margin.plus, odds) / dispersion),
          one.trials,
        );
      clusters.add(pair, start);
    },
    learn() {},
    beginStep: () => proof?.beginStep(),
    get passLogE() {
      return proof?.logE ?? null;
    },
    requestsLeft: (threshold) => proof?.requestsLeft(threshold) ?? null,
    measures: (level) => [
      {
        what: `${nameOf[of]} that failed`,
        unit: "share",
        canary: rateEstimate(canary, level, dispersion),
        stable: rateEstimate(stable, level, dispersion),
      },
    ],
    sample: () => ({ canary: canary.trials, stable: stable.trials, bad: canary.hits }),
    effect: () =>
      bank.logE <= 0
        ? null
        : { factor: ratio * typicalOdds(upwards, bank.shares()), via: "times stable's rate" },
    dispersion: () => clusters.estimate(),
    state: (): State => ({
      bank: bank.state(),
      proof: proof?.state() ?? null,
      canary: { ...canary },
      stable: { ...stable },
      clusters: clusters.state(),
    }),
  };
}

/** Leaves out what was given as undefined, so that it does not hide a standard value. */
function withoutGaps(margin: { ratio?: number | undefined; plus?: number | undefined }): {
  ratio?: number;
  plus?: number;
} {
  return {
    ...(margin.ratio === undefined ? {} : { ratio: margin.ratio }),
    ...(margin.plus === undefined ? {} : { plus: margin.plus }),
  };
}
