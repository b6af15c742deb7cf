import type { z } from "zod";
import type { Clock, Http, HttpResult } from "../terms/index.js";
import type { Delivery, Notice } from "./ports.js";

/** A delivery, and how long the other side asked to be left alone, in milliseconds. */
export type Attempt = Delivery & { retryAfterMs?: number };

/** What channels may use of the world. */
export interface ChannelPorts {
  http: Http;
  clock: Clock;
  /** Writes one line to a person at a terminal or into a log. */
  print(line: string): void;
  /** HMAC-SHA-256 of the text in lower-case hex. */
  sign(secret: string, text: string): string;
}

/** A way to reach people. Its whole duty is one try to deliver; when to try again is decided elsewhere. */
export interface Channel {
  /** Tries once. Never throws for what the other side does, and never quotes its address or a secret. */
  deliver(notice: Notice, ports: ChannelPorts, signal?: AbortSignal): Promise<Attempt>;
}

/** One kind of channel: its settings and how it is opened. */
export interface ChannelKind<S> {
  readonly kind: string;
  readonly settings: z.ZodType<S>;
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
  if (!result.answered) return { sent: false, retry: true, because: `${who} did not answer: ${result.why}` };
  const { status } = result;
  if (status >= 200 && status < 300) return { sent: true };
  if (status >= 300 && status < 400)
    return {
      sent: false,
      retry: false,
      because: `${who} answered ${status}, a redirect, which is not followed`,
    };
  const retry = status === 429 || status >= 500;
  const retryAfterMs = retry ? waitAskedFor(result.headers["retry-after"], now) : undefined;
  return {
    sent: false,
    retry,
    because: `${who} answered ${status}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Reads Retry-After: seconds or a date (RFC 9110, 10.2.3). */
function waitAskedFor(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
