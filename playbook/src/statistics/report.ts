import type { AnalysisState } from "./analysis-state.js";
import { type GuardrailTest, percent } from "./guardrails/guardrail.js";
import { sayGuardrail } from "./guardrails/index.js";
import { pValue } from "./mathematics/bank.js";
import type { AnalysisVerdict, Bucket, Guardrail, GuardrailReport, Report } from "./model.js";

/** What a report is made from. */
export type Known = {
  verdict: AnalysisVerdict;
  guardrails: readonly Guardrail[];
  tests: readonly GuardrailTest[];
  logWeights: readonly number[];
  state: AnalysisState;
  waiting: Bucket | null;
  logE: number;
  threshold: number;
  passThreshold: number;
  pValue: number;
  level: number;
};

/** Puts all that is known into one value for people, programs and the ledger. */
export function reportOf(known: Known): Report {
  const { state, waiting } = known;
  const guardrails = known.guardrails.map((guardrail, i) => guardrailReport(known, guardrail, i));
  const waits = (arm: "canary" | "stable") => waiting?.[arm].requests ?? 0;
  return {
    verdict: known.verdict,
    logE: known.logE,
    threshold: known.threshold,
    pValue: known.pValue,
    passThreshold: known.passThreshold,
    failedAt: state.failedAt,
    seconds: state.seconds,
    step: {
      split: state.step.split,
      seconds: state.step.seconds,
      share: state.step.all > 0 ? state.step.canary / state.step.all : null,
    },
    requests: { ...state.judged },
    notJudged: {
      canary: state.leftOut.canary + waits("canary"),
      stable: state.leftOut.stable + waits("stable"),
    },
    guardrails,
    notes: notesOn(known, guardrails),
  };
}

function guardrailReport(known: Known, guardrail: Guardrail, i: number): GuardrailReport {
  const test = known.tests[i] as GuardrailTest;
  const weighed = (known.logWeights[i] as number) + test.logE;
  return {
    id: guardrail.id,
    kind: guardrail.kind,
    says: sayGuardrail(guardrail),
    measures: test.measures(known.level),
    evidence: {
      logE: test.logE,
      maxLogE: test.maxLogE,
      pValue: pValue(test.maxLogE),
      share: Math.exp(weighed - known.logE),
      alone: test.tooFew === undefined && (known.logWeights[i] as number) + test.maxLogE >= known.threshold,
    },
    sample: test.sample(),
    effect: test.effect(),
    pass:
      test.passLogE === null
        ? null
        : {
            logE: test.passLogE,
            done: test.passLogE >= known.passThreshold,
            requestsLeft: test.requestsLeft(known.passThreshold),
          },
    dispersion: test.dispersion(),
  };
}

/** Least of the traffic it was meant to get that the canary must have before a note is made of it. */
const leastShare = 0.2;
const clustered = 2;

function notesOn(
  { state, tests, guardrails: given, logE, threshold }: Known,
  reports: readonly GuardrailReport[],
): string[] {
  const notes: string[] = [];
  const { step } = state;
  if (step.split > 0 && step.all >= 100 && step.canary < leastShare * step.split * step.all)
    notes.push(
      `the canary answered ${percent(step.canary / step.all)} of the requests of this step; ${percent(step.split)} were meant for it. It may be hanging or dropping them.`,
    );
  tests.forEach((test, i) => {
    const report = reports[i] as GuardrailReport;
    if (
      logE >= threshold &&
      state.failedAt === null &&
      report.evidence.share > 0.5 &&
      test.tooFew !== undefined
    )
      notes.push(`${report.id}: the evidence would do, but ${test.tooFew}.`);
    if (report.sample.canary === 0) notes.push(`${report.id}: nothing was counted for it on the canary yet.`);
    const assumed = dispersionOf(given[i] as Guardrail);
    if (report.dispersion !== null && report.dispersion > clustered * assumed)
      notes.push(
        `${report.id}: failures come in clusters (dispersion ${report.dispersion.toFixed(1)}, ${assumed} is assumed). Retries or one bad instance look like that; the evidence may be overstated.`,
      );
  });
  return notes;
}

const dispersionOf = (guardrail: Guardrail): number =>
  guardrail.kind === "both" ? 1 : (guardrail.dispersion ?? 1);

/** Evidence for people: how seldom a healthy release would look like this at its worst moment. */
export function sayEvidence(logE: number): string {
  if (logE <= 0) return "none";
  if (logE < Math.log(1e6)) return `1 in ${Math.round(Math.exp(logE)).toLocaleString("en")}`;
  return `1 in 10^${Math.floor(logE / Math.LN10)}`;
}

/** Why a release failed, in one sentence, from the report of the moment when it did. */
export function sayHarm(report: Report): string {
  const worst = report.guardrails.reduce((a, b) => (b.evidence.share > a.evidence.share ? b : a));
  const seen = sayMeasure(worst);
  const together = worst.evidence.alone
    ? ""
    : `; it took the evidence of all ${report.guardrails.length} guardrails together`;
  return `${worst.id}: ${seen}, though ${worst.says}. Of healthy releases at most ${sayEvidence(report.logE)} ever look like this${together}`;
}

function sayMeasure(report: GuardrailReport): string {
  const best = report.measures.find((m) => m.canary !== null);
  if (best === undefined || best.canary === null) return "the canary is worse";
  const show = (value: number) =>
    best.unit === "share" ? percent(value) : `${Number(value.toPrecision(3))} ms`;
  const other = best.stable === null ? "" : ` against ${show(best.stable.value)} on stable`;
  return `${best.what}: ${show(best.canary.value)} of ${Math.round(best.canary.sample)}${other}`;
}
