import { consoleChannel } from "./console.js";
import { slack } from "./slack.js";
import { webhook } from "./webhook.js";

/** Every kind of channel that delivers; the only list. */
export const channelKinds = { console: consoleChannel, slack, webhook } as const;
export type ChannelName = keyof typeof channelKinds;
