export * from "./announce.js";
export { type Attempt, type Channel, type ChannelPorts, deliveryTimeoutMs } from "./channel.js";
export type { ChannelName } from "./channels/index.js";
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
export * from "./retry.js";
export * from "./route.js";
export {
  CommunicationPlan,
  Contacts,
  NotificationChannels,
  type PlannedMessage,
  SlackChannels,
  Vendors,
} from "./settings.js";
