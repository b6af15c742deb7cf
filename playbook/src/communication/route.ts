import type { Attempt, Channel } from "./channel.js";
import { type ChannelName, channelKinds } from "./channels/index.js";
import type { NotificationChannels } from "./settings.js";

/** One open channel, by name. */
export type Route = { name: ChannelName; channel: Channel };

/** A channel that the playbook sets, left out because it lacks a variable. */
export type NotConfiguredChannel = {
  /** Its place in the playbook, e.g. "notification_channels.slack". */
  part: string;
  /** One sentence without a full stop that names the variable. */
  message: string;
};

/** Where notices go. */
export interface Routes {
  /** Channels that would deliver if their variable were set. */
  readonly lacking: readonly NotConfiguredChannel[];
  /** The routes for a channel as the plan names it; `missing` when it asks for one that Atoms does not have yet. */
  of(channel: string): { to: readonly Route[]; missing?: Attempt };
}

/**
 * Reads the routes off the settings. A notice goes to Slack and to the webhook, where they are set; it is printed when
 * `console` is on, when nothing else is set, or when one of them was left out for lack of a variable.
 */
export function routesOf(
  settings: NotificationChannels | undefined,
  notConfigured: readonly NotConfiguredChannel[],
): Routes {
  const { slack, webhook } = settings ?? {};
  const posted: Route[] = [];
  if (slack !== undefined)
    posted.push({ name: "slack", channel: channelKinds.slack.open({ webhookUrl: slack.webhook_url }) });
  if (webhook !== undefined) posted.push({ name: "webhook", channel: channelKinds.webhook.open(webhook) });
  const printed: Route = { name: "console", channel: channelKinds.console.open({}) };

  const lacking = notConfigured.filter(
    ({ part }) => part === "notification_channels.slack" || part === "notification_channels.webhook",
  );
  const prints = settings?.console === true || lacking.length > 0 || posted.length === 0;
  const everywhere = prints ? [...posted, printed] : posted;

  return {
    lacking,
    of(channel) {
      const kind = notThereYet(channel);
      if (kind === undefined) return { to: everywhere };
      const because = `no channel for it yet: Atoms can't deliver by ${kind}`;
      // Slack has no such channel; the other two take every notice.
      return {
        to: everywhere.filter(({ name }) => name !== "slack"),
        missing: { sent: false, retry: false, because },
      };
    },
  };
}

/** The kind of channel a name asks for, when Atoms does not have it yet. */
function notThereYet(channel: string): string | undefined {
  if (channel === "pagerduty") return "PagerDuty";
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(channel) ? "e-mail" : undefined;
}
