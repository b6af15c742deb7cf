import type { Finding, Verdict } from "../terms/index.js";

/** Who is validated: an address, and who is meant to answer there. */
export type Target = {
  /** Base address without a trailing slash. */
  address: string;
  /** Deployment id that must answer; left out when anybody may (`atoms smoke URL`). */
  deployment?: string;
  /** Version that must answer. */
  version?: string;
  /** Sent with every request, e.g. what lets it through the platform's own protection. */
  headers?: Record<string, string>;
};

/** Everything found, and what it comes to. Plain data. */
export type Validation = { findings: Finding[]; verdict: Verdict };

/** What a check saw, before the runner adds its name and time. */
export type Seen = Omit<Finding, "check" | "title" | "ms">;

/** One timed request of a performance measurement. */
export type Shot = {
  /** Answered with 2xx. */
  ok: boolean;
  status: number | null;
  /** Why there was no answer; null when there was one. */
  why: string | null;
  /** Milliseconds from when the request was due, not from when it got its turn. */
  ms: number;
  /** How late this machine itself was to begin it, in milliseconds; part of `ms`. */
  lateMs: number;
};

/** All shots at one path. */
export type Measurement = {
  path: string;
  /** How many were meant to be taken. */
  planned: number;
  shots: Shot[];
  /** Why it ended before all were taken. */
  stopped?: "too many failures" | "out of time";
};

/** Told now and then while a path is measured. */
export type PerformanceProgress = { path: string; done: number; planned: number };

/** One thing looked at in a look at a serving deployment. */
export type SamplePart = {
  name: "health" | "mcp" | "path";
  ok: boolean;
  /** Status of the answer that decided; null when there was none. */
  status: number | null;
  ms: number;
  saw: string;
  /** Deployment that answered, when it said so. */
  deployment: string | null;
};

/** A light look at a serving deployment. Plain data. */
export type Sample = {
  ok: boolean;
  /** In a few words; the first trouble when there is one. */
  saw: string;
  /** Slowest part, in milliseconds. */
  ms: number;
  parts: SamplePart[];
};
