import type { Matcher } from "./matchers.js";

/** How loud an alert is, from loudest to quietest. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type AlertSeverity = (typeof severities)[number];

/** What an alert sets off. */
export const actions = [
  "page_oncall",
  "slack_notification",
  "email_team",
  "create_incident",
  "auto_rollback",
  "webhook",
] as const;
export type AlertAction = (typeof actions)[number];

/** What numbers are counted in: a share is a fraction from 0 to 1, a time milliseconds, a size bytes. */
export type Unit = "share" | "time" | "size" | "number";

/** Numbers a condition may name, and what they are counted in. */
export const metrics = {
  error_rate: "share",
  success_rate: "share",
  memory: "share",
  cpu: "share",
  latency: "time",
  latency_ms: "time",
  p50_latency: "time",
  p95_latency: "time",
  p99_latency: "time",
  dns_time: "time",
  connect_time: "time",
  tls_time: "time",
  first_byte_time: "time",
  tls_expires_in: "time",
  heartbeat_age: "time",
  memory_bytes: "size",
  requests_total: "number",
  errors_total: "number",
  errors: "number",
  value: "number",
} as const satisfies Record<string, Unit>;
export type Metric = keyof typeof metrics;

/** Shares of which more is better: their error budget is what they lack. */
export const goodShares: readonly Metric[] = ["success_rate"];

/** Facts that are true or not. */
export const flags = [
  "health_check_failed",
  "health_check_error",
  "errors_detected",
  "heartbeat_missed",
  "monitor_down",
] as const;
export type Flag = (typeof flags)[number];

/** Facts with a name for a value. */
export const states = {
  deployment_status: ["failed", "released", "rolled_back", "aborted", "unsafe"],
} as const;
export type StateName = keyof typeof states;

/** Anything that a condition may read from the world. */
export type SeriesName = Metric | Flag | StateName;

/** Which series are meant: of this name, from monitors whose labels match. */
export type Selection = { series: SeriesName; where: readonly Matcher[] };

/** What a window makes of the samples in it; `p50` and the like are quantiles. */
export const windowFunctions = [
  "avg",
  "min",
  "max",
  "sum",
  "last",
  "count",
  "rate",
  "p50",
  "p90",
  "p95",
  "p99",
] as const;
export type WindowFunction = (typeof windowFunctions)[number];

export type Order = ">" | ">=" | "<" | "<=" | "==" | "!=";

/** What a condition says. Types are checked when it is read: a tree that stands is right. */
export type Expression =
  | { kind: "literal"; unit: Unit; value: number }
  | { kind: "flag"; of: Selection }
  | { kind: "metric"; of: Selection }
  | { kind: "state"; of: Selection; operator: "==" | "!="; value: string }
  /** `range` in milliseconds. */
  | { kind: "window"; function: WindowFunction; of: Selection; range: number }
  /** How many times faster than allowed the error budget of `objective` is spent; 1 spends it exactly. */
  | { kind: "burn"; of: Selection; objective: number; range: number }
  | { kind: "not"; of: Expression }
  | { kind: "and" | "or"; left: Expression; right: Expression }
  | { kind: "compare"; operator: Order; left: Expression; right: Expression }
  | { kind: "arithmetic"; operator: "+" | "-" | "*" | "/"; left: Expression; right: Expression }
  | { kind: "negative"; of: Expression };

/** Where a condition reads a series; columns count from 1 within the condition's text. */
export type Use = Selection & { column: number };

/** When a rule is broken, as the playbook's words were understood. */
export type Condition = { expression: Expression; uses: readonly Use[] };

/** What is done while a condition cannot be told for lack of samples. */
export const missingPolicies = ["ok", "keep", "alert"] as const;
export type MissingPolicy = (typeof missingPolicies)[number];

/** One rule, ready to be evaluated. Times in milliseconds. */
export type Rule = {
  name: string;
  condition: Condition;
  /** While firing, the rule resolves only once this holds. */
  clear?: Condition | undefined;
  duration: number;
  keepFiringFor: number;
  severity: AlertSeverity;
  actions: readonly AlertAction[];
  missing: MissingPolicy;
  duringRelease: "watch" | "mute";
  labels: { readonly [name: string]: string };
  summary?: string | undefined;
};

/**
 * How an alert stands. `pending`: its condition holds, but not yet for long enough. `firing`: it has. `resolved`: it was
 * firing and is over. `passed`: it was pending and went by.
 */
export type AlertState = "pending" | "firing" | "resolved" | "passed";

/** Why a firing alert tells nobody. */
export type Quiet =
  | { why: "silence"; silence: string }
  | { why: "inhibited"; by: string }
  | { why: "acknowledged"; by: string };

/** What came of an action that an alert set off. */
export type ActionOutcome = { at: number; done: boolean; because: string };

/** One episode of one rule on one series, from the first time its condition held to its end. */
export type Alert = {
  /** `alert_<rule>_<monitor>_<time>`: rule, series and episode; receivers join what they hear by it. */
  id: string;
  service: string;
  environment: string;
  rule: string;
  /** What the rule was evaluated on: the monitors' names joined by `+`; "" where no monitor gives it. */
  series: string;
  severity: AlertSeverity;
  /** rule, severity, service, environment, monitor and the rule's own. */
  labels: { readonly [name: string]: string };
  summary: string;
  state: AlertState;
  /** What the condition measured last, in words, e.g. "error_rate 2.5%". */
  saw: string;
  /** Milliseconds since the epoch, as are all of these. */
  activeAt: number;
  firedAt?: number;
  /** Since when its condition no longer holds, while it is kept firing. */
  keepingSince?: number;
  endedAt?: number;
  /** When people were last told of it, and of which state. */
  toldAt?: number;
  toldState?: "firing" | "resolved";
  /** How often they were told; part of the notices' keys. */
  told: number;
  acknowledgedAt?: number;
  acknowledgedBy?: string;
  /** Actions that the alert has set off and that are still to be done, and what came of those that were. */
  due: readonly AlertAction[];
  outcomes: { readonly [action in AlertAction]?: ActionOutcome };
  quiet?: Quiet;
  /** Grows with every change; a change on an older version is refused. */
  version: number;
};

/** Who opened a silence. A mute is a silence that a release or a maintenance window opened. */
export type SilenceSource = { kind: "person" | "release" | "maintenance"; id: string };

/** Alerts that match are told to nobody while it lasts. */
export type Silence = {
  id: string;
  service: string;
  environment: string;
  matchers: readonly Matcher[];
  comment: string;
  source: SilenceSource;
  /** Milliseconds since the epoch; `endsAt` is no longer part of it. */
  startsAt: number;
  endsAt: number;
  /** When people were reminded that it ends. */
  remindedAt?: number;
  /** When it was ended before its time, or its end was noted. */
  endedAt?: number;
};
