import { type AnalysisState, beginning } from "./analysis-state.js";
import { openGuardrail } from "./guardrails/index.js";
import { pValue } from "./mathematics/bank.js";
import { logSum } from "./mathematics/logarithms.js";
import { openMerge } from "./merge.js";
import {
  type AnalysisSettings,
  type AnalysisVerdict,
  analysisDefaults,
  type Bucket,
  type Report,
} from "./model.js";
import { reportOf, sayHarm } from "./report.js";
import { checkBucket, checkSettings } from "./sound.js";

/** Judges one release from its first request on the canary to its end. The same buckets give the same reports. */
export interface Analysis {
  /**
   * Takes the next bucket and gives the verdict with it. Harm, once proved, stays proved.
   * @throws RangeError for a bucket that begins before the last one ended, or counts what cannot be.
   */
  observe(bucket: Bucket): AnalysisVerdict;
  /** Judges what waits to be put together. For the end of a recording; not needed while buckets come. */
  flush(): AnalysisVerdict;
  /** A new step: proofs of health begin afresh, evidence of harm is carried on. @param split The canary's share from now on. */
  beginStep(split: number): AnalysisVerdict;
  readonly verdict: AnalysisVerdict;
  /** Log of the evidence for harm of all guardrails together, as in the report, and quick to ask for. */
  readonly logE: number;
  /** All that is known, with estimates and intervals. */
  report(): Report;
  /** Plain data to go on from with `createAnalysis(settings, snapshot)`. */
  snapshot(): AnalysisState;
}

/**
 * Opens the analysis of one release. Pure: no clock, no randomness, no input or output.
 * @param settings At least one guardrail; the rest has defaults.
 * @param snapshot Where another analysis with the same settings had got to.
 * @throws RangeError when the settings contradict themselves or the snapshot belongs to others.
 */
export function createAnalysis(settings: AnalysisSettings, snapshot?: AnalysisState): Analysis {
  checkSettings(settings, snapshot);
  const { guardrails } = settings;
  const chosen = { ...analysisDefaults, ...present(settings) };
  const tests = guardrails.map((g, i) => openGuardrail(g, chosen.profile, snapshot?.guardrails[i]));
  const allWeights = guardrails.reduce((sum, g) => sum + (g.weight ?? 1), 0);
  const logWeights = guardrails.map((g) => Math.log((g.weight ?? 1) / allWeights));
  const threshold = Math.log(1 / chosen.false_alarms);
  const passThreshold = Math.log(1 / chosen.false_passes);
  const merge = openMerge(chosen.merge_requests, chosen.merge_seconds, snapshot?.waiting ?? null);
  const state = snapshot === undefined ? beginning() : structuredCopy(snapshot);

  /** The averaged evidence: an e-process whatever the guardrails have to do with one another. */
  const logE = () => logSum(tests.map((test, i) => (logWeights[i] as number) + test.logE));
  /** The same without the guardrails that have seen too little; it can only be smaller. */
  const soundLogE = () =>
    logSum(
      tests.map((test, i) => (test.tooFew === undefined ? (logWeights[i] as number) + test.logE : -Infinity)),
    );

  function judge(bucket: Bucket): void {
    const origin = state.origin as number;
    const start = (bucket.start - origin) / 1_000;
    for (const test of tests) test.bet(bucket, start, start + bucket.seconds);
    state.judged.canary += bucket.canary.requests;
    state.judged.stable += bucket.stable.requests;
    state.seconds += bucket.seconds;
    state.step.seconds += bucket.seconds;
    state.step.canary += bucket.canary.requests;
    state.step.all += bucket.canary.requests + bucket.stable.requests;
    state.most = Math.max(state.most, logE());
    if (state.because === null && soundLogE() >= threshold) {
      state.failedAt = bucket.start + bucket.seconds * 1_000;
      state.because = sayHarm(report());
    }
  }

  const report = (): Report =>
    reportOf({
      verdict: verdict(),
      guardrails,
      tests,
      logWeights,
      state,
      waiting: merge.waiting,
      logE: logE(),
      threshold,
      passThreshold,
      pValue: pValue(state.most),
      level: chosen.interval_level,
    });

  function verdict(): AnalysisVerdict {
    if (state.because !== null) return { kind: "fail", because: state.because };
    const asked = tests.map((test) => test.passLogE).filter((proof) => proof !== null);
    if (asked.length === 0) return { kind: "inconclusive", because: "no guardrail asks for proof of health" };
    const lacking = asked.filter((proof) => proof < passThreshold).length;
    if (lacking > 0)
      return {
        kind: "inconclusive",
        because: `no proof of harm, and none of health yet for ${lacking} of ${asked.length} guardrails`,
      };
    if (state.step.seconds < chosen.step_seconds)
      return {
        kind: "inconclusive",
        because: `healthy so far; the step is watched for at least ${chosen.step_seconds} s`,
      };
    return { kind: "pass" };
  }

  /** Whether the bucket belongs to the canary's warm-up, or to the time before. */
  function tooEarly(bucket: Bucket): boolean {
    if (state.warmFrom === null && bucket.canary.requests > 0) state.warmFrom = bucket.start;
    return state.warmFrom === null || bucket.start < state.warmFrom + chosen.warm_up_seconds * 1_000;
  }

  return {
    observe(bucket) {
      checkBucket(bucket, state.end);
      state.end = bucket.start + bucket.seconds * 1_000;
      if (tooEarly(bucket)) {
        for (const test of tests) test.learn(bucket);
        state.leftOut.canary += bucket.canary.requests;
        state.leftOut.stable += bucket.stable.requests;
        state.step.split = bucket.split;
        return verdict();
      }
      state.origin ??= bucket.start;
      for (const ready of merge.add(bucket)) judge(ready);
      state.step.split = bucket.split;
      return verdict();
    },
    flush() {
      for (const ready of merge.flush()) judge(ready);
      return verdict();
    },
    beginStep(split) {
      for (const ready of merge.flush()) judge(ready);
      for (const test of tests) test.beginStep();
      state.step = { split, seconds: 0, canary: 0, all: 0 };
      return verdict();
    },
    get verdict() {
      return verdict();
    },
    get logE() {
      return logE();
    },
    report,
    snapshot: () =>
      structuredCopy({ ...state, waiting: merge.waiting, guardrails: tests.map((test) => test.state()) }),
  };
}

/** A copy by way of JSON: what it returns is sure to survive it. */
const structuredCopy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The settings that were given, without those that are undefined. */
function present<T extends object>(settings: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
