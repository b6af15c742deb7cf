import type { Problem } from "../terms/index.js";
import type { Attempt, Channel, ChannelPorts } from "./channel.js";
import { type ChannelName, channelKinds } from "./channels/index.js";
import type { Notice } from "./ports.js";
import { channelNotConfigured, channelNotDelivering, noChannelYet } from "./problems.js";
import type { NotificationChannels } from "./settings.js";

/** The channels of a playbook, ready to deliver. */
export interface Channels {
  /** The channels that a notice goes to. */
  of(channel: string): { to: Route[]; missing?: Problem };
  /** What is set and can't deliver, with what to do about it; for `atoms check`, and printed once when it matters. */
  readonly warnings: readonly Problem[];
}

/** One opened channel, by name. */
export type Route = { name: ChannelName; channel: Channel };

/** A channel that the playbook sets, left out because it lacks a variable. */
export type NotConfiguredChannel = {
  /** Its place in the playbook, e.g. "notification_channels.slack". */
  part: string;
  /** One sentence without a full stop that names the variable. */
  message: string;
};

/**
 * Opens what the playbook has set. A notice goes to Slack and to the webhook, where they are set; it is printed when
 * `console` is on, when nothing else is set, or when one of them was left out for lack of a variable.
 * @param settings Undefined when the playbook names no channels.
 * @param notConfigured Channels that were left out of `settings`.
 */
export function openChannels(
  settings: NotificationChannels | undefined,
  notConfigured: readonly NotConfiguredChannel[] = [],
): Channels {
  const { slack, webhook } = settings ?? {};
  const posted: Route[] = [];
  if (slack !== undefined)
    posted.push({ name: "slack", channel: channelKinds.slack.open({ webhookUrl: slack.webhook_url }) });
  if (webhook !== undefined) posted.push({ name: "webhook", channel: channelKinds.webhook.open(webhook) });

  const lacking = notConfigured.filter(
    ({ part }) => part === "notification_channels.slack" || part === "notification_channels.webhook",
  );
  const silent = (["pagerduty", "email"] as const).filter((name) => settings?.[name] !== undefined);
  const warnings = [
    ...lacking.map(channelNotConfigured),
    ...silent.map((name) => channelNotDelivering({ setting: `notification_channels.${name}` })),
  ];

  const printed: Route = { name: "console", channel: channelKinds.console.open({}) };
  const always = settings?.console === true || lacking.length > 0 || posted.length === 0;

  return {
    warnings,
    of(channel) {
      const kind = unreachable(channel);
      if (kind === undefined) return { to: always ? [...posted, printed] : posted };
      // Slack has no such channel, and the generic receiver takes everything; it is printed, so that somebody sees it.
      const to = [...posted.filter(({ name }) => name === "webhook"), printed];
      return { to, missing: noChannelYet({ channel, kind }) };
    },
  };
}

/** The kind of channel a name asks for, when Atoms can't deliver by it. */
function unreachable(channel: string): string | undefined {
  if (channel === "pagerduty") return "PagerDuty";
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(channel) ? "e-mail" : undefined;
}

/** What came of one try on every channel: its own part by name. */
export type Parts = Partial<Record<ChannelName, Attempt>>;

/** Tries each route once, all at the same time. A channel that throws has failed in a way worth another try. */
export async function deliverTo(
  routes: readonly Route[],
  notice: Notice,
  ports: ChannelPorts,
  signal?: AbortSignal,
): Promise<Parts> {
  const tries = routes.map(async ({ name, channel }): Promise<[ChannelName, Attempt]> => {
    try {
      return [name, await channel.deliver(notice, ports, signal)];
    } catch {
      return [name, { sent: false, retry: true, because: `${name} failed in Atoms itself` }];
    }
  });
  return Object.fromEntries(await Promise.all(tries));
}

/** Folds the parts into one: sent when all are, tried again while one is worth it, and else failed with every reason. */
export function wholeOf(parts: readonly Attempt[]): Attempt {
  const failed = parts.filter((one) => !one.sent);
  if (failed.length === 0) return { sent: true };
  const waits = failed.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  return {
    sent: false,
    retry: failed.some(({ retry }) => retry),
    because: failed.map(({ because }) => because).join("; "),
    ...(waits.length === 0 ? {} : { retryAfterMs: Math.max(...waits) }),
  };
}
