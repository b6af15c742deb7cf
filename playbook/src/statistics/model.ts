import type { QuantileEstimate } from "./mathematics/bins.js";

/** Which part of the traffic: the version that users had, or the one that is on trial. */
export type Arm = "canary" | "stable";

/** What one arm answered inside a bucket. Counts may be fractions, as blocks by client make them. */
export type ArmCounts = {
  /** Requests that were completed. One that ran into its timeout counts when the timeout came. */
  requests: number;
  /** Of these, failures; a timeout is one. */
  errors: number;
  /** Of these, slower than a limit: exact counts by the limit in milliseconds, e.g. `{ "500": 3 }`. */
  slow?: Readonly<Record<string, number>> | undefined;
  /** Successful requests per latency bin (`binOf`), as pairs of bin and count. Empty bins are left out. */
  latency?: readonly (readonly [bin: number, count: number])[] | undefined;
  /** Calls of tools: an MCP tool that fails does so inside an HTTP 200. */
  tools?: { calls: number; errors: number } | undefined;
};

/** What both arms answered in a closed interval of time. Final once it was observed. */
export type Bucket = {
  /** Milliseconds; any clock will do, as long as it does not go back. */
  start: number;
  /** Length in seconds; 1 is good, 10 the most that is wise. */
  seconds: number;
  /** The share of traffic that the canary was meant to get, 0 to 1. Shown and compared; the tests count for themselves. */
  split: number;
  canary: ArmCounts;
  stable: ArmCounts;
};

/** Whether everything counts as it comes, or no ten seconds alone may decide. */
export type ProfileName = "strict" | "robust";

type Common = {
  /** Unique within the analysis. */
  id: string;
  /** Part of the false-alarm budget, relative to the other guardrails. Default 1. */
  weight?: number | undefined;
  /** Overrides the profile of the analysis. */
  profile?: ProfileName | undefined;
  /**
   * How many bad records one independent cause can leave, e.g. 3 where clients retry twice. Default 1. Evidence is
   * divided by it.
   */
  dispersion?: number | undefined;
};

/** What a rate is a rate of. */
export type Counted = "requests" | "tool_calls";

/** At most this share may fail. */
export type ErrorsGuardrail = Common & {
  kind: "errors";
  of?: Counted | undefined;
  /** 0 to 1. Default 0.01. */
  limit?: number | undefined;
  /** Whether its proof of health is needed to pass early. Default true. */
  pass?: boolean | undefined;
};

/** At most this share may be slower than a limit: "p95 within 500 ms" is `over: 500, limit: 0.05`. */
export type SlowGuardrail = Common & {
  kind: "slow";
  /** Milliseconds; the buckets must count it (`slow`). */
  over: number;
  /** 0 to 1. Default 0.05. */
  limit?: number | undefined;
  pass?: boolean | undefined;
};

/** The canary may fail at most `ratio` times as often as stable, plus a share. */
export type RelativeErrorsGuardrail = Common & {
  kind: "relative_errors";
  of?: Counted | undefined;
  /** Default 1.1. */
  ratio?: number | undefined;
  /** Default 0.0005. */
  plus?: number | undefined;
  /** What has to be disproved to pass early: wider than the limit. Default 1.5 times plus 0.005; false leaves it out. */
  pass?: false | { ratio?: number | undefined; plus?: number | undefined } | undefined;
};

/** The canary may at no quantile be slower than stable, beyond a tolerance. */
export type RelativeLatencyGuardrail = Common & {
  kind: "relative_latency";
  /** Default 0.1: ten percent, rounded up to whole bins. */
  tolerance?: number | undefined;
  /** What has to be disproved to pass early, at p50 and p95. Default a margin of 0.25, which is 27.6% in whole bins; false leaves it out. */
  pass?: false | { margin?: number | undefined } | undefined;
};

/** Broken only when all of these are, e.g. over the limit and also worse than stable: a shared outage is excused. */
export type BothGuardrail = {
  kind: "both";
  id: string;
  weight?: number | undefined;
  all: readonly Guardrail[];
};

/** A limit that the canary must keep. */
export type Guardrail =
  | ErrorsGuardrail
  | SlowGuardrail
  | RelativeErrorsGuardrail
  | RelativeLatencyGuardrail
  | BothGuardrail;
export type GuardrailKind = Guardrail["kind"];

/** How a release is judged. Everything but the guardrails has a default (`analysisDefaults`). */
export type AnalysisSettings = {
  guardrails: readonly Guardrail[];
  /** Most that the chance may be of failing a healthy release, over all guardrails, steps and looks. */
  false_alarms?: number | undefined;
  /** Most that the chance may be, per step, of passing a release that is worse than the margins. */
  false_passes?: number | undefined;
  profile?: ProfileName | undefined;
  /** Seconds after the canary's first request that are left out: a cold start is no fault of the version. */
  warm_up_seconds?: number | undefined;
  /** Shortest time that a step is watched before it may pass, in seconds. */
  step_seconds?: number | undefined;
  /** Buckets are put together until they hold so many requests … */
  merge_requests?: number | undefined;
  /** … or span so many seconds, whichever comes first. */
  merge_seconds?: number | undefined;
  /** Chance that an interval in the report ever misses. */
  interval_level?: number | undefined;
};

/** Standard values, and why they are what they are: README.md. */
export const analysisDefaults = {
  false_alarms: 0.01,
  false_passes: 0.05,
  profile: "robust",
  warm_up_seconds: 30,
  step_seconds: 60,
  merge_requests: 50,
  merge_seconds: 10,
  interval_level: 0.05,
} as const;

/** The same for each kind of guardrail. */
export const guardrailDefaults = {
  errors: { of: "requests", limit: 0.01, pass: true },
  slow: { limit: 0.05, pass: true },
  relative_errors: { of: "requests", ratio: 1.1, plus: 0.0005, pass: { ratio: 1.5, plus: 0.005 } },
  relative_latency: { tolerance: 0.1, pass: { margin: 0.25 } },
} as const;

/** A rate or a quantile of one arm, and the interval that covers it at every look. */
export type Estimate = QuantileEstimate & {
  /** What it rests on. */
  sample: number;
};

/** One thing that was measured on both arms. */
export type Measure = {
  /** E.g. "share of requests that failed". */
  what: string;
  unit: "share" | "ms";
  canary: Estimate | null;
  /** Null where only the canary counts. */
  stable: Estimate | null;
};

/** What the evidence says about one guardrail. Logarithms are natural. */
export type GuardrailReport = {
  id: string;
  kind: GuardrailKind;
  /** The limit in words. */
  says: string;
  measures: Measure[];
  evidence: {
    /** Log of the evidence for harm: 0 is none, above it speaks against the canary. */
    logE: number;
    maxLogE: number;
    /** min(1, exp(-maxLogE)): valid at every look. */
    pValue: number;
    /** Its part of the evidence of the whole release, 0 to 1. */
    share: number;
    /** Significant by itself, without the others' help. */
    alone: boolean;
  };
  sample: { canary: number; stable: number; bad: number };
  /** How large the effect seems to be, in the terms of `via`. Null without evidence for harm. */
  effect: { factor: number; via: string } | null;
  /** Proof of health in this step; null where none is asked for. */
  pass: { logE: number; done: boolean; requestsLeft: number | null } | null;
  /** How clustered its bad events are; 1 is independent. Null where that was not measured or too little was seen. */
  dispersion: number | null;
};

/** Assignable to the `Verdict` of the book's terms. */
export type AnalysisVerdict =
  | { kind: "pass" }
  | { kind: "fail"; because: string }
  | { kind: "inconclusive"; because: string };

/** Everything that is known after a bucket. Plain data. */
export type Report = {
  verdict: AnalysisVerdict;
  /** Evidence of all guardrails together, and what it has to reach for an alarm. */
  logE: number;
  threshold: number;
  pValue: number;
  /** Log of 1 / false_passes: what each proof of health has to reach. */
  passThreshold: number;
  /** When the alarm was raised, by the buckets' clock; it is never taken back. */
  failedAt: number | null;
  /** Seconds that were judged, warm-up left out. */
  seconds: number;
  step: { split: number; seconds: number; share: number | null };
  /** Requests that were judged. */
  requests: { canary: number; stable: number };
  /** Requests that were observed and not judged: warm-up, or waiting to be put together. */
  notJudged: { canary: number; stable: number };
  guardrails: GuardrailReport[];
  /** What a reader should know beside the verdict. */
  notes: string[];
};
