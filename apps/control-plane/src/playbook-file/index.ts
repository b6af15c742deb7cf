export { type DetectedService, detectService } from "./detect-service.js";
export { type InitAnswers, initTemplate } from "./init-template.js";
export { loadPlaybook } from "./load.js";
export type { Mistake } from "./mistake.js";
export type { NotConfigured, PlaybookUse } from "./not-configured.js";
export { PlaybookMistaken, playbookMissing, playbookMistaken, playbookUnreadable } from "./problems.js";
export { type LoadedPlaybook, type ReadOptions, readPlaybook } from "./read.js";
export { createRedactor, looksSecret, type Redactor } from "./redactor.js";
