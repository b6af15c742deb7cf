/** What can go wrong for good, as the runbook names it; Atoms plans and carries out each. */
export const scenarios = [
  "database_failure",
  "service_outage",
  "data_corruption",
  "security_breach",
] as const;
export type Scenario = (typeof scenarios)[number];

/** Those of them that can be drilled, which are all; each has its `DrillScenario` in the control plane. */
export const drills = [...scenarios] as const;
export type Drill = Scenario;

/** What each is about, in a line. */
export const scenarioWords: Record<Scenario, string> = {
  database_failure: "a database of backup.databases is away, gone or empty",
  service_outage: "the service does not answer from where it runs",
  data_corruption: "the database answers, and rows in it are wrong",
  security_breach: "secrets are known to somebody who must not have them",
};
