export * from "./announce.js";
export type {
  Attempt,
  ChannelMemory,
  ChannelPorts,
  Letter,
  Mail,
  MailServer,
  Outgoing,
} from "./channel.js";
export { deliveryTimeoutMs } from "./channel.js";
export { type Channels, openChannels } from "./channel-set.js";
export { dedupKeyOf } from "./channels/pagerduty.js";
export { makeSlackChannel, type SlackChannel } from "./channels/slack-app.js";
export {
  corrections,
  type EndState,
  leadTime,
  noticesOf,
  type ReleaseFacts,
  type Stage,
  type Timing,
} from "./plan.js";
export * from "./ports.js";
export * from "./problems.js";
export { nextTry } from "./retry.js";
export { type NotConfiguredChannel, routesOf } from "./route.js";
export {
  CommunicationPlan,
  Contacts,
  NotificationChannels,
  type PlannedMessage,
  SlackChannels,
  Vendors,
} from "./settings.js";
export { type PinnedMessage, pinnedInSlack } from "./slack-pins.js";
export { cameTooLate, deadLetter, noticeRetried, noticeSuperseded } from "./undelivered.js";
