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
export { type Judgement, judgementOf } from "./judgement.js";
export { reportMarkdown } from "./markdown.js";
export { plain } from "./markdown-text.js";
export type * from "./model.js";
export { followJudgements, isNews, type JudgementNews, newsOf } from "./news.js";
export { reportPage } from "./page.js";
export { type FollowedRelease, followRelease, type ReleaseNow } from "./release-now.js";
export { reportOf } from "./release-report.js";
export { type WaitsFor, waitKinds } from "./waits-for.js";
