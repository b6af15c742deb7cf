import { consoleChannel } from "./console.js";
import { discord } from "./discord.js";
import { email } from "./email.js";
import { pagerduty } from "./pagerduty.js";
import { slack } from "./slack.js";
import { slackApp } from "./slack-app.js";
import { teams } from "./teams.js";
import { webhook } from "./webhook.js";

/** Every kind of channel; the only list. */
export const channelKinds = {
  console: consoleChannel,
  discord,
  email,
  pagerduty,
  slack,
  "slack-app": slackApp,
  teams,
  webhook,
} as const;
export type ChannelName = keyof typeof channelKinds;
