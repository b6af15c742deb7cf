import { addLatency, latencies } from "../counts.js";
import { longest, openProof, type ProofState } from "../health.js";
import { type BankState, openBank } from "../mathematics/bank.js";
import { binCount, binsUp, countFrom, quantileEstimate, tailStart } from "../mathematics/bins.js";
import {
  distributionComponents,
  distributionGains,
  distributionWeights,
  emptyReference,
  learn,
  type Reference,
} from "../mathematics/distribution-bet.js";
import { downwards, relativeTilt, tilt } from "../mathematics/kernel.js";
import { type Bucket, type Estimate, guardrailDefaults, type RelativeLatencyGuardrail } from "../model.js";
import { type GuardrailTest, type Kind, type Opening, percent, profileOf } from "./guardrail.js";

type State = {
  bank: BankState;
  proofs: ProofState[];
  reference: Reference;
  canary: number[];
  stable: number[];
};

const standard = guardrailDefaults.relative_latency;
/** Shares above the quantiles at which health has to be proved: p50 and p95. */
const provedAt = [0.5, 0.05] as const;
/** Quantiles that are shown. */
const shown = [0.5, 0.95, 0.99] as const;
const fewestLatencies = 20;

/**
 * The canary is at no quantile slower than stable, beyond the tolerance. Bets are placed with what stable showed in
 * earlier buckets only; drifts and bursts that both arms share cannot become evidence.
 */
export const relativeLatency: Kind<RelativeLatencyGuardrail> = {
  says: (g) => {
    const tolerance = g.tolerance ?? standard.tolerance;
    return `at no quantile slower than stable${tolerance > 0 ? ` by more than ${percent(tolerance)}` : ""}`;
  },
  open: openRelativeLatency,
};

function openRelativeLatency(g: RelativeLatencyGuardrail, opening: Opening, state: unknown): GuardrailTest {
  const saved = state as State | undefined;
  const down = binsUp(1 + (g.tolerance ?? standard.tolerance));
  // Both in whole bins, rounded up: 10% is 10.3%, and 25% is 27.6%.
  const margin = g.pass === false ? null : binsUp(1 + (g.pass?.margin ?? standard.pass.margin));
  const dispersion = g.dispersion ?? 1;
  const bank = openBank(distributionWeights, profileOf(g.profile, opening), saved?.bank);
  const proofs = margin === null ? [] : provedAt.map((_, i) => openProof(saved?.proofs[i]));
  const reference = saved?.reference
    ? { shift: saved.reference.shift.slice(), tail: saved.reference.tail.slice() }
    : emptyReference(binCount);
  const canary = saved?.canary.slice() ?? new Array<number>(binCount).fill(0);
  const stable = saved?.stable.slice() ?? new Array<number>(binCount).fill(0);

  function prove(bucket: Bucket, slow: readonly number[], start: number, end: number): void {
    const known = countFrom(reference.tail, 0);
    if (margin === null || known < 50) return;
    const fast = latencies(bucket.canary);
    const n1 = countFrom(fast, 0);
    const n0 = countFrom(slow, 0);
    provedAt.forEach((q, i) => {
      const edge = tailStart(reference.tail, q);
      const x1 = countFrom(fast, edge + margin);
      const pair = { x1, n1, x0: countFrom(slow, edge), n0 };
      // Where many of stable's latencies share a bin, hardly any lie above its quantile, and two arms without any would
      // prove nothing. Then the canary's own share is held against q: its quantile is within the margin of stable's.
      const sparse = countFrom(reference.tail, edge) < (q / 2) * known;
      const gain = (odds: number) => (sparse ? tilt(x1, n1, q, odds) : relativeTilt(pair, 1, 0, odds));
      proofs[i]?.bet(
        start,
        end,
        downwards.map((odds) => gain(odds) / dispersion),
        n1,
      );
    });
  }

  return {
    get logE() {
      return bank.logE;
    },
    get maxLogE() {
      return bank.most;
    },
    get tooFew() {
      const seen = countFrom(canary, 0);
      return seen >= fewestLatencies
        ? undefined
        : `${fewestLatencies} latencies of the canary are needed, ${Math.round(seen)} were seen`;
    },
    bet(bucket, start, end) {
      const others = latencies(bucket.stable);
      const gains = distributionGains(latencies(bucket.canary, down), others, reference);
      bank.bet(start, end, dispersion === 1 ? gains : gains.map((gain) => gain / dispersion));
      prove(bucket, others, start, end);
      // Bet first, learn after: a bucket may not choose the bets that are placed on it.
      learn(reference, others);
      addLatency(canary, bucket.canary);
      addLatency(stable, bucket.stable);
    },
    learn: (bucket) => learn(reference, latencies(bucket.stable)),
    beginStep: () => {
      for (const proof of proofs) proof.beginStep();
    },
    get passLogE() {
      return margin === null ? null : Math.min(...proofs.map((proof) => proof.logE));
    },
    requestsLeft: (threshold) => longest(proofs.map((proof) => proof.requestsLeft(threshold))),
    measures: (level) =>
      shown.map((q) => ({
        what: `p${q * 100} latency`,
        unit: "ms",
        canary: estimate(canary, q, level, dispersion),
        stable: estimate(stable, q, level, dispersion),
      })),
    sample: () => ({ canary: countFrom(canary, 0), stable: countFrom(stable, 0), bad: 0 }),
    effect() {
      if (bank.logE <= 0) return null;
      const shares = bank.shares();
      const strongest = shares.indexOf(Math.max(...shares));
      const slower = quantileRatio(canary, stable, strongest < 5 ? 0.5 : 0.95);
      return slower === null
        ? null
        : { factor: slower.factor, via: `times stable's p${slower.q}; ${distributionComponents[strongest]}` };
    },
    dispersion: () => null,
    state: (): State => ({
      bank: bank.state(),
      proofs: proofs.map((proof) => proof.state()),
      reference: { shift: reference.shift.slice(), tail: reference.tail.slice() },
      canary: canary.slice(),
      stable: stable.slice(),
    }),
  };
}

function estimate(counts: readonly number[], q: number, level: number, dispersion: number): Estimate | null {
  const found = quantileEstimate(
    dispersion === 1 ? counts : counts.map((count) => count / dispersion),
    q,
    level,
  );
  return found === undefined ? null : { ...found, sample: countFrom(counts, 0) };
}

function quantileRatio(canary: readonly number[], stable: readonly number[], q: number) {
  const [one, other] = [quantileEstimate(canary, q, 0.05), quantileEstimate(stable, q, 0.05)];
  if (one === undefined || other === undefined || !(other.value > 0)) return null;
  const factor = one.value / other.value;
  return Number.isFinite(factor) ? { factor, q: q * 100 } : null;
}
