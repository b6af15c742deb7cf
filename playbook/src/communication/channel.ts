import type { z } from "zod";
import type { Clock, Http, HttpResult } from "../terms/index.js";
import type { Delivery, Notice } from "./ports.js";

/** A delivery, how long the other side asked to be left alone, and what it answered. */
export type Attempt = Delivery & {
  /** Milliseconds. */
  retryAfterMs?: number;
  /** The other side did not answer at all: what else waits for it need not be tried now. */
  silent?: boolean;
  /** What came back, for a person who tests the channel: a status, a kind of content; never an address or a secret. */
  saw?: string;
};

/** A notice on its way out. */
export type Outgoing = Notice & {
  /** Where a reader acknowledges, by one press of a button. A secret of this message: it is kept nowhere. */
  link?: string;
};

/** One letter. */
export type Letter = {
  from: string;
  to: readonly string[];
  subject: string;
  text: string;
  /** Without angle brackets. The same on every try of one notice, so that a repetition can be seen. */
  messageId: string;
  /** The letter that this one belongs under. */
  inReplyTo?: string;
};

/** How a mail server is reached. */
export type MailServer = {
  host: string;
  port: number;
  /** `starttls`: nothing is said before the connection is encrypted. `tls`: encrypted from the start. `none`: plain text. */
  security: "starttls" | "tls" | "none";
  login?: { username: string; password: string } | undefined;
  /** Milliseconds for one letter. */
  timeoutMs: number;
};

/** Sends letters. Never throws for what the server does, and never tells its answer in full: it may quote a password. */
export interface Mail {
  send(letter: Letter, server: MailServer, signal?: AbortSignal): Promise<Attempt>;
}

/** What channels remember from one notice to the next, over restarts: e.g. the first message of a thread. */
export interface ChannelMemory {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
}

/** What channels may use of the world. */
export interface ChannelPorts {
  http: Http;
  mail: Mail;
  memory: ChannelMemory;
  clock: Clock;
  /** Writes one line to a person at a terminal or into a log. */
  print(line: string): void;
  /** HMAC-SHA-256 of the text in lower-case hex. */
  sign(secret: string, text: string): string;
}

/** A way to reach people. Its whole duty is one try to deliver; when to try again is decided elsewhere. */
export interface Channel {
  /** Tries once. Never throws for what the other side does, and never quotes its address or a secret. */
  deliver(notice: Outgoing, ports: ChannelPorts, signal?: AbortSignal): Promise<Attempt>;
}

/** One kind of channel: its settings and how it is opened. */
export interface ChannelKind<S> {
  readonly kind: string;
  readonly settings: z.ZodType<S>;
  /** Milliseconds from one message to the next in one place there, so that the other side is never hurried. */
  readonly everyMs?: number;
  open(settings: S): Channel;
}

/** Declares a kind of channel; the list of them is `channels/index.ts`. */
export function defineChannel<S>(kind: ChannelKind<S>): ChannelKind<S> {
  return kind;
}

/** Milliseconds that one try may take. */
export const deliveryTimeoutMs = 10_000;

/**
 * Reads a receiver's answer: 2xx is delivered; 429, 5xx and no answer are worth another try; everything else, a
 * redirect included, is not.
 * @param who How the receiver is called in `because`, e.g. "Slack".
 * @param now Milliseconds since the epoch, for a Retry-After that is a date.
 */
export function attemptOf(result: HttpResult, who: string, now: number): Attempt {
  // `result.message` may name the address, and the address of a webhook is a secret: only the kind of failure is told.
  if (!result.answered)
    return { sent: false, retry: true, because: `${who} did not answer: ${result.why}`, silent: true };
  const { status } = result;
  const saw = sawOf(status, result.headers["content-type"], result.body);
  if (status >= 200 && status < 300) return { sent: true, saw };
  if (status >= 300 && status < 400)
    return {
      sent: false,
      retry: false,
      because: `${who} answered ${status}, a redirect, which is not followed`,
      saw,
    };
  const retry = status === 429 || status >= 500;
  const retryAfterMs = retry ? waitAskedFor(result.headers["retry-after"], now) : undefined;
  return {
    sent: false,
    retry,
    because: `${who} answered ${status}`,
    saw,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/**
 * Like `attemptOf`, for receivers that never answer with a web page: one that comes back with 200 is somebody else's, such
 * as the sign-in of a network or a proxy, and the message has reached nobody.
 */
export function attemptOfService(result: HttpResult, who: string, now: number): Attempt {
  const attempt = attemptOf(result, who, now);
  if (!attempt.sent || !result.answered || !/^\s*<(?:!doctype|html)\b/i.test(result.body)) return attempt;
  return {
    ...attempt,
    sent: false,
    retry: true,
    because: `what answered is not ${who}: a web page came back`,
  };
}

/** The answer without its words, which may quote what was sent; a short "ok" is told. */
function sawOf(status: number, type: string | undefined, body: string): string {
  const plain = body.trim();
  const kind = (type ?? "").split(";")[0]?.trim() ?? "";
  const told = /^[\w ]{1,12}$/.test(plain) ? ` ("${plain}")` : ` (${body.length} characters)`;
  return `status ${status}${/^[\w.+-]+\/[\w.+-]+$/.test(kind) ? `, ${kind}` : ""}${plain === "" ? "" : told}`;
}

/** The text as a person reads it: one line, with the way to acknowledge where there is one. */
export function wordsOf({ text, link }: Outgoing): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return link === undefined ? line : `${line} Acknowledge: ${link}`;
}

/** Shortens a text to what the other side takes. */
export function atMost(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** Reads an answer that should be a group of values in JSON. @returns Undefined when it is none. */
export function groupIn(body: string): { [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as { [key: string]: unknown })
      : undefined;
  } catch {
    return undefined;
  }
}

/** Reads Retry-After: seconds or a date (RFC 9110, 10.2.3). */
function waitAskedFor(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
