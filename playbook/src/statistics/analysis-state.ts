import type { Bucket } from "./model.js";

/** An analysis between two buckets, as plain data that survives JSON. */
export type AnalysisState = {
  format: "atoms-analysis/1";
  guardrails: unknown[];
  waiting: Bucket | null;
  origin: number | null;
  end: number | null;
  /** When the canary's first request came. */
  warmFrom: number | null;
  failedAt: number | null;
  because: string | null;
  most: number;
  seconds: number;
  judged: { canary: number; stable: number };
  leftOut: { canary: number; stable: number };
  step: { split: number; seconds: number; canary: number; all: number };
};

/** Before the first bucket. */
export const beginning = (): AnalysisState => ({
  format: "atoms-analysis/1",
  guardrails: [],
  waiting: null,
  origin: null,
  end: null,
  warmFrom: null,
  failedAt: null,
  because: null,
  most: 0,
  seconds: 0,
  judged: { canary: 0, stable: 0 },
  leftOut: { canary: 0, stable: 0 },
  step: { split: 0, seconds: 0, canary: 0, all: 0 },
});
