export * from "./breach/index.js";
export * from "./data/index.js";
export { chooseBackup, planDatabaseRecovery } from "./decide.js";
export * from "./drill.js";
export * from "./drill-problems.js";
export { figuresIn, type RecoveryFigure } from "./figures.js";
export type { BackupFit, DatabaseFinding, DatabasePlan, RecoveryBackup, RecoveryStep } from "./model.js";
export {
  chooseMove,
  type DatabaseMove,
  type RecoveryConsent,
  type RecoveryFacts,
  type StandbyFinding,
} from "./moves.js";
export * from "./outage/index.js";
export type {
  RecoveryNotice,
  RecoveryOrder,
  RecoveryOutcome,
  RecoveryWorld,
  RestoreOutcome,
} from "./ports.js";
export * from "./problems.js";
export { type HealthExpectation, healthJson, proveHealth, valueAt } from "./prove.js";
export {
  type Drill,
  drills,
  type Scenario,
  scenarios,
  scenarioWords,
} from "./scenarios.js";
export { type Intrusion, RecoveryDatabaseSettings, RecoverySettings, RecoveryTargets } from "./settings.js";
export { type ScenarioStanding, standingOf } from "./standing.js";
export { figuresOfRecovery, figureWords, leftToDo, type RecoveryFigures, spanWords } from "./story.js";
export { type RecoveryTrend, recoveryTrends } from "./trend.js";
