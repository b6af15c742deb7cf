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
] as const;
export type AlertAction = (typeof actions)[number];

/** Numbers a condition may compare, and what they are counted in. */
export const metrics = {
  error_rate: "share",
  success_rate: "share",
  memory: "share",
  cpu: "share",
  p50_latency: "time",
  p95_latency: "time",
  p99_latency: "time",
} as const;
export type Metric = keyof typeof metrics;

/** Facts that are true or not. */
export const flags = ["health_check_failed", "health_check_error", "errors_detected"] as const;
export type Flag = (typeof flags)[number];

/** Facts with a name for a value. */
export const states = {
  deployment_status: ["failed", "released", "rolled_back", "aborted"],
} as const;
export type StateName = keyof typeof states;

/** When a rule is broken, as the playbook's words were understood. */
export type Condition =
  | { kind: "flag"; flag: Flag }
  | {
      kind: "compare";
      metric: Metric;
      operator: ">" | ">=" | "<" | "<=";
      /** A fraction for a share; milliseconds for a time. */
      limit: number;
    }
  | { kind: "state"; state: StateName; operator: "==" | "!="; value: string };
