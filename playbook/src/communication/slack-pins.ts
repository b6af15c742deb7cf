import { type Attempt, atMost, type ChannelPorts } from "./channel.js";
import { type SlackApp, slackCall } from "./channels/slack-app.js";

/** A message that somebody pinned in a channel. */
export type PinnedMessage = {
  /** Slack's name of the message in its channel. */
  id: string;
  text: string;
  /** Who pinned it, by the name that others see, or else by Slack's id. */
  by: string;
  /** When it was written, in milliseconds since the epoch. */
  at: number;
  /** Where it can be read. */
  link?: string;
};

const longest = 2_000;

/**
 * Reads what is pinned in a channel.
 * @param channel Slack's id of it. @returns The messages, oldest first, or what Slack said instead.
 */
export async function pinnedInSlack(
  app: SlackApp,
  channel: string,
  ports: Pick<ChannelPorts, "http" | "clock">,
  signal?: AbortSignal,
): Promise<PinnedMessage[] | Extract<Attempt, { sent: false }>> {
  const { attempt, answer } = await slackCall(app, "pins.list", { channel }, ports, signal);
  if (!attempt.sent) return attempt;
  const items = answer?.["items"];
  if (!Array.isArray(items)) return { sent: false, retry: true, because: "what answered is not Slack" };
  const names = new Map<string, string>();
  const nameOf = async (user: string) => {
    const known = names.get(user) ?? (await displayName(app, user, ports, signal)) ?? user;
    names.set(user, known);
    return known;
  };
  const found: PinnedMessage[] = [];
  for (const item of items) {
    const { message, created_by } = (item ?? {}) as { message?: unknown; created_by?: unknown };
    const { ts, text, user, permalink } = (message ?? {}) as { [key: string]: unknown };
    // Files and messages without words are pinned, too.
    if (typeof ts !== "string" || typeof text !== "string" || text.trim() === "") continue;
    const who = typeof created_by === "string" ? created_by : user;
    found.push({
      id: ts,
      text: atMost(plainOf(text), longest),
      by: typeof who === "string" && who !== "" ? await nameOf(who) : "somebody",
      at: Math.round(Number(ts) * 1_000) || 0,
      ...(typeof permalink === "string" ? { link: permalink } : {}),
    });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** @returns undefined where Slack does not say, such as without the scope `users:read`. */
async function displayName(
  app: SlackApp,
  user: string,
  ports: Pick<ChannelPorts, "http" | "clock">,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { answer } = await slackCall(app, "users.info", { user }, ports, signal);
  const { profile, real_name, name } = (answer?.["user"] ?? {}) as { [key: string]: unknown };
  const { display_name } = (profile ?? {}) as { [key: string]: unknown };
  return [display_name, real_name, name].find(
    (one): one is string => typeof one === "string" && one.trim() !== "",
  );
}

/** Slack escapes three characters, and nothing else. */
const plainOf = (text: string) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replace(/\s+/g, " ").trim();
