import { z } from "zod";
import {
  type Attempt,
  atMost,
  attemptOf,
  type ChannelPorts,
  defineChannel,
  deliveryTimeoutMs,
  groupIn,
  type Outgoing,
} from "../channel.js";
import type { NoticeStatus } from "../ports.js";
import { plain } from "./slack.js";

const settings = z.strictObject({ apiUrl: z.url(), token: z.string().min(1) });
/** How a Slack app is reached. */
export type SlackApp = z.output<typeof settings>;

/** What is remembered of a thread: its first message, how that says it stands, and the last notice that was added. */
type Remembered = { channel: string; ts: string; title: string; status?: NoticeStatus; last: string };

/** The longest text that reads well; Slack itself takes 40,000 characters and cuts. */
const longest = 3_000;

/**
 * Posts as a Slack app, through the Web API. The notices of a thread are replies under its first message, and that message
 * is changed to say how the thing stands. Repeating a notice after a crash may repeat its message, never lose it.
 */
export const slackApp = defineChannel({
  kind: "slack-app",
  settings,
  // Slack takes about one message a second in a channel.
  everyMs: 1_100,
  open: (app) => ({
    async deliver(notice, ports, signal) {
      const { thread, key, status } = notice;
      const channel = addressOf(notice.channel);
      const post = (more: object) =>
        slackCall(app, "chat.postMessage", { channel, unfurl_links: false, ...more }, ports, signal);
      if (thread === undefined) return (await post({ text: messageOf(notice) })).attempt;

      const place = `slack-app/${channel}/${thread}`;
      const known = await ports.memory.get(place);
      if (known === undefined) {
        const { attempt, answer } = await post({ text: headOf(status, messageOf(notice)) });
        if (!attempt.sent) return attempt;
        const ts = textIn(answer, "ts");
        const posted = textIn(answer, "channel");
        if (ts === undefined || posted === undefined) return attempt;
        await remember(ports, place, {
          channel: posted,
          ts,
          title: notice.title ?? notice.text,
          ...(status === undefined ? {} : { status }),
          last: key,
        });
        return attempt;
      }

      const first = JSON.parse(known) as Remembered;
      let attempt: Attempt = { sent: true };
      if (first.last !== key) {
        ({ attempt } = await post({ channel: first.channel, thread_ts: first.ts, text: messageOf(notice) }));
        if (!attempt.sent) return attempt;
        await remember(ports, place, { ...first, last: key });
      }
      if (status === undefined || status === first.status) return attempt;
      const changed = await slackCall(
        app,
        "chat.update",
        { channel: first.channel, ts: first.ts, text: headOf(status, plain(first.title)) },
        ports,
        signal,
      );
      // The reply is what counts; a first message that is gone or may no longer be changed is left as it is.
      if (!changed.attempt.sent && changed.attempt.retry) return changed.attempt;
      await remember(ports, place, { ...first, last: key, status });
      return attempt;
    },
  }),
});

const remember = ({ memory }: ChannelPorts, place: string, what: Remembered) =>
  memory.put(place, JSON.stringify(what));

/** The Web API takes the id of a member and the name of a channel, both without their mark. */
const addressOf = (channel: string) => (/^(?:@[UW]|#)/.test(channel) ? channel.slice(1) : channel);

const marks: Record<NoticeStatus, string> = {
  open: ":red_circle:",
  acknowledged: ":large_yellow_circle:",
  resolved: ":large_green_circle:",
};

const headOf = (status: NoticeStatus | undefined, words: string) =>
  status === undefined ? words : `${marks[status]} ${status === "open" ? "" : `${status}: `}${words}`;

function messageOf({ text, link }: Outgoing): string {
  const words = atMost(plain(text.replace(/\p{Cc}+/gu, " ").trim()), longest);
  return link === undefined ? words : `${words} <${link}|Acknowledge>`;
}

const textIn = (answer: { [key: string]: unknown } | undefined, name: string) => {
  const value = answer?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};

/** What Slack says when it is not the message's fault. */
const passing = new Set([
  "ratelimited",
  "rate_limited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
]);

/** Slack's usual pause when it does not name one, in milliseconds. */
const usualPauseMs = 30_000;

/**
 * Calls one method of Slack's Web API. Slack answers 200 also when it refuses: what counts is `ok` and `error`.
 * @returns `answer` only for an answer that Slack calls ok.
 */
export async function slackCall(
  { apiUrl, token }: SlackApp,
  method: string,
  what: object,
  { http, clock }: Pick<ChannelPorts, "http" | "clock">,
  signal?: AbortSignal,
): Promise<{ attempt: Attempt; answer?: { [key: string]: unknown } }> {
  const result = await http.send(
    {
      url: `${apiUrl.replace(/\/$/, "")}/${method}`,
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        authorization: `Bearer ${token}`,
      },
      // Every method takes a form; those that read take nothing else.
      body: new URLSearchParams(
        Object.entries(what).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString(),
      timeoutMs: deliveryTimeoutMs,
    },
    signal,
  );
  const attempt = attemptOf(result, "Slack", clock.now());
  if (!attempt.sent || !result.answered) return { attempt };
  const answer = groupIn(result.body);
  if (answer === undefined || typeof answer["ok"] !== "boolean")
    return {
      attempt: { sent: false, retry: true, because: "what answered is not Slack", ...withSaw(attempt.saw) },
    };
  if (answer["ok"]) return { attempt: { sent: true, saw: `${attempt.saw}, ok` }, answer };
  const told = String(answer["error"] ?? "");
  const error = /^[a-z_]{1,60}$/.test(told) ? told : "an error without a name";
  const retry = passing.has(error);
  return {
    attempt: {
      sent: false,
      retry,
      because: `Slack refused: ${error}`,
      saw: `${attempt.saw}, ${error}`,
      ...(/^rate_?limited$/.test(error) ? { retryAfterMs: usualPauseMs } : {}),
    },
  };
}

const withSaw = (saw: string | undefined) => (saw === undefined ? {} : { saw });

/** A channel of Slack. */
export type SlackChannel = {
  id: string;
  /** With its #. */
  name: string;
  /** Made now; false when it was there. */
  made: boolean;
};

/** Pages of the list of channels that are looked through at most, 200 each. */
const mostPages = 50;

/**
 * Makes a public channel, or finds the one that has the name. Safe to run twice.
 * @param name With or without #; made to fit Slack's rules: small letters, digits, dashes, 80 characters.
 * @returns The channel, or what Slack said instead.
 */
export async function makeSlackChannel(
  app: SlackApp,
  name: string,
  ports: Pick<ChannelPorts, "http" | "clock">,
  more: { topic?: string } = {},
  signal?: AbortSignal,
): Promise<SlackChannel | Extract<Attempt, { sent: false }>> {
  const fitting = slackName(name);
  const made = await slackCall(app, "conversations.create", { name: fitting }, ports, signal);
  if (!made.attempt.sent) {
    if (!made.attempt.because.endsWith("name_taken")) return made.attempt;
    const found = await findChannel(app, fitting, ports, signal);
    return found ?? made.attempt;
  }
  const id = idOf(made.answer?.["channel"]);
  if (id === undefined) return { sent: false, retry: true, because: "what answered is not Slack" };
  // A channel without its topic is a channel all the same.
  if (more.topic !== undefined)
    await slackCall(
      app,
      "conversations.setTopic",
      { channel: id, topic: atMost(more.topic, 250) },
      ports,
      signal,
    );
  return { id, name: `#${fitting}`, made: true };
}

async function findChannel(
  app: SlackApp,
  name: string,
  ports: Pick<ChannelPorts, "http" | "clock">,
  signal?: AbortSignal,
): Promise<SlackChannel | undefined> {
  let cursor = "";
  for (let page = 0; page < mostPages; page++) {
    const { answer } = await slackCall(
      app,
      "conversations.list",
      { limit: 200, exclude_archived: true, ...(cursor === "" ? {} : { cursor }) },
      ports,
      signal,
    );
    const channels = answer?.["channels"];
    if (!Array.isArray(channels)) return undefined;
    const found: unknown = channels.find((one: { name?: unknown }) => one?.name === name);
    const id = idOf(found);
    if (id !== undefined) return { id, name: `#${name}`, made: false };
    const next = (answer?.["response_metadata"] as { next_cursor?: unknown } | undefined)?.next_cursor;
    if (typeof next !== "string" || next === "") return undefined;
    cursor = next;
  }
  return undefined;
}

const idOf = (channel: unknown) => {
  const id = (channel as { id?: unknown } | undefined)?.id;
  return typeof id === "string" && id !== "" ? id : undefined;
};

/** A name as Slack takes it. */
function slackName(name: string): string {
  const fitting = name
    .toLowerCase()
    .replace(/^#/, "")
    .replace(/[^\p{Ll}\p{Nd}_-]+/gu, "-")
    .replace(/-{2,}/g, "-");
  return atMost(fitting.replace(/^-|-$/g, ""), 80).replace(/…$/, "") || "incident";
}
