import type { Channel } from "./channel.js";
import { isMailAddress } from "./channels/email.js";
import { type ChannelName, channelKinds } from "./channels/index.js";
import type { Notice } from "./ports.js";
import type { NotificationChannels } from "./settings.js";

/** One open channel, by name. */
export type Route = {
  name: ChannelName;
  channel: Channel;
  /** Milliseconds from one message to the next. */
  everyMs: number;
  /** The place there that the pace is kept for: a Slack channel has its own. */
  place: string;
};

/** A channel that the playbook sets, left out because it lacks a variable. */
export type NotConfiguredChannel = {
  /** Its place in the playbook, e.g. "notification_channels.slack". */
  part: string;
  /** One sentence without a full stop that names the variable. */
  message: string;
};

/** Where a notice goes. */
export type Routing = {
  to: readonly Route[];
  /** Why nothing of what it asks for can take it, e.g. because it names a channel that is not set up. */
  missing?: string;
  /** Who takes over for one of them that is down, in order; none of them is in `to`. */
  instead: readonly Route[];
};

/** Where notices go. */
export interface Routes {
  /** Channels that would deliver if their variable were set. */
  readonly lacking: readonly NotConfiguredChannel[];
  /** Channels that are set up, by the name that the playbook gives them, and their kind. */
  readonly open: readonly { setting: string; name: ChannelName }[];
  /** One channel that is set up, for a notice that is to go there whatever it names. */
  one(setting: string, notice: Pick<Notice, "channel" | "severity">): Route | undefined;
  of(notice: Pick<Notice, "channel" | "severity" | "avoid">): Routing;
}

/** Parts of the playbook that a notice asks for. `must`: where none of them is set up, nobody else will do. */
type Asked = { parts: readonly string[]; must: boolean };

function askedFor({ channel, severity }: Pick<Notice, "channel" | "severity">): Asked {
  if (channel === "any") {
    const loud = severity === "critical" || severity === "high";
    return { parts: ["slack", "teams", "discord", "email", ...(loud ? ["pagerduty"] : [])], must: false };
  }
  if (channel.startsWith("@")) return { parts: ["slack"], must: true };
  if (isMailAddress(channel)) return { parts: ["email"], must: true };
  const named = ["pagerduty", "email", "teams", "discord", "webhook", "console"].includes(channel);
  return named ? { parts: [channel], must: true } : { parts: ["slack", "teams", "discord"], must: false };
}

/**
 * Reads the routes off the settings. A notice for a Slack channel goes to Slack and to every receiver that has one place
 * for all (Teams, Discord); one for a person, an address or another channel goes there alone. The webhook gets a copy
 * of everything. A notice is printed when `console` is on, when nothing else takes it, or when what it goes to was left
 * out for lack of a variable.
 */
export function routesOf(
  settings: NotificationChannels | undefined,
  notConfigured: readonly NotConfiguredChannel[],
): Routes {
  const opened = openAll(settings);
  const lacking = notConfigured.filter(({ part }) => part.startsWith("notification_channels."));
  const lacks = (part: string) => lacking.some((one) => one.part === `notification_channels.${part}`);
  const printed: Route = {
    name: "console",
    channel: channelKinds.console.open({}),
    everyMs: 0,
    place: "console",
  };
  const route = (part: string, notice: Pick<Notice, "channel" | "severity">): Route | undefined => {
    const found = opened.find(({ setting }) => setting === part);
    if (found === undefined) return undefined;
    const slack = part === "slack" ? slackPlace(settings, notice) : undefined;
    // An app posts to channels it is told; without one it can't.
    if (found.name === "slack-app" && slack === undefined) return undefined;
    const { name, channel } = found;
    return {
      name,
      channel: slack === undefined || slack === notice.channel ? channel : readdressed(channel, slack),
      everyMs: channelKinds[name].everyMs ?? 0,
      place: name === "slack-app" ? `${name} ${slack}` : name,
    };
  };

  return {
    lacking,
    open: opened,
    one: (setting, notice) => (setting === "console" ? printed : route(setting, notice)),
    of(notice) {
      const { channel, avoid = [] } = notice;
      const { parts, must } = askedFor(notice);
      const routes = (names: readonly string[]) =>
        names.flatMap((name) => {
          const one = name === "console" ? printed : route(name, notice);
          return one === undefined || avoid.includes(one.name) ? [] : [one];
        });
      const direct = routes(parts);
      const copies = parts.includes("webhook") ? [] : routes(["webhook"]);
      const absent = must && direct.length === 0 && !parts.some(lacks);
      const to = [...direct, ...copies];
      const prints =
        settings?.console === true || [...parts, "webhook"].some(lacks) || (to.length === 0 && !absent);
      const all = prints && !to.includes(printed) ? [...to, printed] : to;
      const order = channel === "any" ? [] : (settings?.delivery.fall_over ?? []);
      return {
        to: all,
        ...(absent ? { missing: `notification_channels.${parts[0]} is not set up` } : {}),
        instead: routes(order).filter(({ name }) => !all.some((one) => one.name === name)),
      };
    },
  };
}

/** The Slack channel for a notice: the one it names, or else that of its severity. */
function slackPlace(
  settings: NotificationChannels | undefined,
  { channel, severity }: Pick<Notice, "channel" | "severity">,
): string | undefined {
  if (/^[#@]/.test(channel)) return channel;
  const channels = settings?.slack?.channels;
  return channels?.[severity ?? "high"] ?? channels?.high;
}

/** Delivers to another place than the notice names. */
const readdressed = (channel: Channel, place: string): Channel => ({
  deliver: (notice, ports, signal) => channel.deliver({ ...notice, channel: place }, ports, signal),
});

function openAll(
  settings: NotificationChannels | undefined,
): { setting: string; name: ChannelName; channel: Channel }[] {
  if (settings === undefined) return [];
  const { slack, pagerduty, email, teams, discord, webhook } = settings;
  const opened: { setting: string; name: ChannelName; channel: Channel }[] = [];
  const add = (setting: string, name: ChannelName, channel: Channel) =>
    opened.push({ setting, name, channel });
  if (slack?.webhook_url !== undefined)
    add("slack", "slack", channelKinds.slack.open({ webhookUrl: slack.webhook_url }));
  if (slack?.token !== undefined)
    add("slack", "slack-app", channelKinds["slack-app"].open({ apiUrl: slack.api_url, token: slack.token }));
  if (teams !== undefined) add("teams", "teams", channelKinds.teams.open({ webhookUrl: teams.webhook_url }));
  if (discord !== undefined)
    add("discord", "discord", channelKinds.discord.open({ webhookUrl: discord.webhook_url }));
  if (email !== undefined) {
    const { smtp_host: host, smtp_port: port, username, password, from, to } = email;
    const security = email.tls ?? (port === 465 ? "tls" : "starttls");
    const login = username === undefined || password === undefined ? {} : { login: { username, password } };
    add("email", "email", channelKinds.email.open({ host, port, security, ...login, from, to }));
  }
  if (pagerduty !== undefined)
    add(
      "pagerduty",
      "pagerduty",
      channelKinds.pagerduty.open({ url: pagerduty.url, routingKey: pagerduty.api_key }),
    );
  if (webhook !== undefined) add("webhook", "webhook", channelKinds.webhook.open(webhook));
  if (settings.console) add("console", "console", channelKinds.console.open({}));
  return opened;
}
