/** How one look at the service ended. A look that could not be finished is `down`, never left out. */
export type Outcome = "up" | "down";

/** What one look of one monitor found. */
export type MonitorSample = {
  /** The monitor's name in the playbook. */
  monitor: string;
  service: string;
  environment: string;
  /** When the look began: milliseconds since the epoch. */
  at: number;
  outcome: Outcome;
  /**
   * What was measured, by metric: times in milliseconds (`latency_ms`, `dns_ms`, `p95_latency` …), shares as fractions
   * (`error_rate`, `memory` …). Finite numbers; names of small letters, digits and `_`. `up` is kept by the store.
   */
  values: Readonly<Record<string, number>>;
  labels?: Readonly<Record<string, string>>;
  /** Why it is down, in words for a person. */
  because?: string;
};

/** The metric that the store keeps of every sample's outcome: 1 up, 0 down. */
export const upMetric = "up";

/**
 * One metric of one monitor, oldest first. Samples that were thinned out are one point each, at the beginning of the
 * time it stands for.
 */
export type MetricSeries = {
  monitor: string;
  /** Milliseconds since the epoch, ascending. */
  at: readonly number[];
  /** The sample, or the mean of those that were thinned out. */
  values: readonly number[];
  /** The smallest and the largest of them. */
  lows: readonly number[];
  highs: readonly number[];
  /** How many samples a point stands for; 1 for a sample that is still whole. */
  counts: readonly number[];
};

/** For how long samples are kept, and how finely. */
export type Retention = {
  /** Up to this age samples are whole, in milliseconds. */
  wholeMs: number;
  /** What comes after, from fine to coarse. Samples older than the last `upToMs` are dropped. */
  thinned: readonly {
    /** One point for so much time, in milliseconds; each a multiple of the one before. */
    everyMs: number;
    /** Up to this age, in milliseconds. */
    upToMs: number;
  }[];
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Whole for six hours, five minutes a point for eight days, an hour a point for ninety. */
export const usualRetention: Retention = {
  wholeMs: 6 * hour,
  thinned: [
    { everyMs: 5 * minute, upToMs: 8 * day },
    { everyMs: hour, upToMs: 90 * day },
  ],
};

/** How a monitor stands. `pending`: too little was seen to say. */
export type Standing = "pending" | "up" | "down";

/** How many looks alike it takes before a monitor is said to stand otherwise. */
export type Patience = {
  /** Failures in a row before `down`. */
  failures: number;
  /** Successes in a row before `up`. */
  successes: number;
};

export const usualPatience: Patience = { failures: 2, successes: 2 };

/** A monitor as its looks so far tell. */
export type MonitorState = {
  standing: Standing;
  /** When the first of the looks was that brought it to stand so; milliseconds since the epoch. */
  since: number;
  /** The looks of one outcome in a row that end with the last one. */
  run: { outcome: Outcome; count: number; since: number };
  /** When the last look was. */
  lastAt: number;
};

/** Kinds of records that a name server can be asked for. */
export const recordTypes = ["A", "AAAA", "CNAME", "MX", "NS", "TXT"] as const;
export type RecordType = (typeof recordTypes)[number];
