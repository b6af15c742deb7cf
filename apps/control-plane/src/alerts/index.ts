export { acknowledgement } from "./evaluate-once.js";
export { alertRulesOf } from "./providers.js";
export { testRules } from "./rule-tests-file.js";
export { runAlerts } from "./run.js";
export { setupOf } from "./setup.js";
