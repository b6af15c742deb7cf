export {
  type CanaryEvidence,
  type CanaryNow,
  type CanaryStep,
  followEvidence,
  type Outlook,
  recordingOf,
} from "./canary-evidence.js";
export { inWords } from "./decisions.js";
export { type DeliveryFigures, figuresOf, type ReleaseFacts } from "./figures.js";
export { reportMarkdown } from "./markdown.js";
export { plain } from "./markdown-text.js";
export type * from "./model.js";
export { reportPage } from "./page.js";
export { reportOf } from "./release-report.js";
