export {
  type ChosenWay,
  chooseOutageWay,
  judgeOutage,
  regionSteps,
  standbySteps,
  standingMove,
} from "./decide.js";
export type {
  OutageFacts,
  OutageLook,
  OutageMove,
  OutagePlan,
  OutageVerdict,
  OutageWay,
  OutsideProof,
} from "./model.js";
export type { DnsChange, DnsProvider, OutageOrder, OutagePorts } from "./ports.js";
export * from "./problems.js";
export {
  addressFits,
  addressTypes,
  type DnsRecord,
  longestTtl,
  plainRecord,
  recordWords,
  sameRecords,
} from "./records.js";
export { type DnsSettings, OutageSettings, type StandbySettings } from "./settings.js";
export { outsideSeen, resolversKeep } from "./story.js";
