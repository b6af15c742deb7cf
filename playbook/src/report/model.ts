import type { GuardrailReport, Report } from "../statistics/index.js";
import type { Actor, ProblemData, Release } from "../terms/index.js";

/** A point of a line over time: milliseconds since the epoch, and a value. */
export type Point = { at: number; value: number };

/** An estimate over time with the interval that covers it; an end that the data do not bound is null. */
export type BandPoint = { at: number; value: number; low: number; high: number | null };

/** One phase of a release. */
export type ReportPhase = {
  phase: string;
  startedAt: number;
  /** Milliseconds; for one that is running, until the report was made. */
  ms: number;
  /** `left`: it did not get to its end. */
  state: "done" | "running" | "left";
  checks: { passed: number; warned: number; failed: number };
};

/** What a check found that was no pass. */
export type ReportFinding = { phase: string; title: string; outcome: string; saw: string; fix?: string };

/** One thing that is measured on both arms over time, and the guardrails that look at it. */
export type MeasureSeries = {
  guardrails: string[];
  what: string;
  unit: "share" | "ms";
  /** The most that is allowed, where a guardrail sets a limit of its own. */
  limit?: number;
  canary: BandPoint[];
  stable: BandPoint[];
};

/** Latencies of one arm. */
export type ArmLatencies = {
  requests: number;
  /** Successful requests per bin, as pairs of the bin's lower edge in ms and the count. */
  bins: (readonly [from: number, count: number])[];
  quantiles: { q: number; value: number; low: number; high: number | null }[];
};

/** What a canary came to. */
export type ReportCanary = {
  report: Report;
  verdict: Report["verdict"];
  /** Chance that an interval ever misses. */
  level: number;
  steps: { split: number; from: number; until: number; verdict: string }[];
  looks: number;
  buckets: number;
  guardrails: GuardrailReport[];
  /** Log of the evidence for harm of all guardrails together, over time. */
  evidence: Point[];
  /** The same for each guardrail by itself. */
  evidenceOf: { guardrail: string; points: Point[] }[];
  measures: MeasureSeries[];
  latencies?: { canary: ArmLatencies; stable: ArmLatencies };
};

/** A line of the decision log. `decisive`: it moved traffic, opened or closed a gate, or ended the release. */
export type ReportDecision = {
  at: number;
  seq: number;
  kind: string;
  by: string;
  says: string;
  decisive: boolean;
};

/** All that a report tells, whatever it is made into. Plain data. */
export type ReleaseReport = {
  madeAt: number;
  release: Release;
  took: number;
  phases: ReportPhase[];
  findings: ReportFinding[];
  /** The candidate's share of traffic, 0 to 1; each holds until the next. */
  split: Point[];
  canary?: ReportCanary;
  gates: ReportDecision[];
  decisions: ReportDecision[];
  /** Entries of the log that are left out here, because there are too many. */
  notShown: number;
  /** Present when traffic was brought back, or an end was asked for. */
  rollback?: {
    by: Actor["name"];
    because: string;
    to?: string;
    ms?: number;
    problem?: ProblemData;
  };
  links: { what: string; url: string }[];
};
