export {
  answerQuestion,
  answersTo,
  askedData,
  openQuestion,
  type Reply,
  type ReplyVia,
  whyNot,
} from "./answer.js";
export { type GateMove, type GateStanding, isDue, nextGateMove } from "./decide.js";
export { type Asked, approvalGate } from "./kinds/approval.js";
export { freezeWindows } from "./kinds/freeze.js";
export { gatesAt, longestWait } from "./kinds/index.js";
export type * from "./model.js";
export { gatePoints } from "./model.js";
export { anybodyMayAnswer, type GateNotice, gateNotices } from "./notices.js";
export type * from "./ports.js";
export * from "./problems.js";
export { GateSettings } from "./settings.js";
export {
  type EmergencyFreeze,
  freezeKinds,
  readStandingFreeze,
  standingFreeze,
} from "./standing-freeze.js";
export { type Freeze, nextFreezes } from "./windows.js";
export { waitsText } from "./words.js";
