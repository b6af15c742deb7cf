import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import {
  type Clock,
  databaseAway,
  dumpNotOffered,
  dumpNotTaken,
  dumpTokenRefused,
  exchangeUnknown,
  isProblem,
} from "@atoms/playbook";
import type { EmbeddedPlace } from "./address.js";
import { gathered } from "./dump-file.js";

/** How long a service may be silent, and how long a request may take in all; in milliseconds. */
export type Patience = { silentMs: number; wholeMs: number };

/** What a request needs besides its place. */
export type Asking = { patience: Patience; clock: Clock; signal?: AbortSignal | undefined };

/** A service that is busy with another dump says when to come again; so often it is asked, and waited for so long at most. */
const tries = 4;
const longestWaitMs = 30_000;

/** A service packs, or opens, a database of some hundred MB within a minute; a line of 4 MB/s brings the most in a minute. */
export const usualPatience: Patience = { silentMs: 120_000, wholeMs: 600_000 };

/** The header that names what the database in use is to be kept under. */
const asideHeader = "x-atoms-aside";
/** What says not how a service answered, but that what stands before it, such as an edge, had no answer of it. */
const betweenStatus: ReadonlySet<number> = new Set([408, 502, 504, 522, 524]);
/** How much of what a service says to a refusal is read, and shown. */
const mostRead = 10_000;
const mostShown = 300;

/**
 * Asks a service for the dump of its embedded database.
 * @throws ATM-232 when it cannot be reached, is silent or breaks off; ATM-251 when it has none to give; ATM-252; ATM-253.
 */
export async function takeDump(place: EmbeddedPlace, asking: Asking): Promise<Uint8Array> {
  const { where } = place;
  try {
    const answer = await whenFree(place, { method: "GET" }, asking);
    if (answer.statusCode === 200) return await gathered(answer, where);
    throw await refusalOf(place, answer, (status, said) =>
      databaseAway({ where, because: `it answered ${status}${said === "" ? "" : `: ${said}`}` }),
    );
  } catch (error) {
    asking.signal?.throwIfAborted();
    if (isProblem(error)) throw error;
    throw databaseAway({ where, because: wordsOf(error) });
  }
}

/**
 * Sends a service a dump that it is to have in the place of its database.
 * @param aside Name under which it keeps the one that it has.
 * @throws ATM-232 when nothing was sent; ATM-251, ATM-252, ATM-254 when it refused; ATM-255 when it is not known.
 */
export async function putDump(
  place: EmbeddedPlace,
  dump: Uint8Array,
  aside: string,
  asking: Asking,
): Promise<void> {
  const { where } = place;
  const headers = {
    "content-type": "application/gzip",
    "content-length": String(dump.length),
    [asideHeader]: aside,
  };
  let sent = false;
  try {
    const answer = await whenFree(
      place,
      {
        method: "PUT",
        headers,
        body: dump,
        onSent: (all) => {
          sent = all;
        },
      },
      asking,
    );
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      answer.resume();
      return;
    }
    throw await refusalOf(place, answer, (_, said) =>
      betweenStatus.has(status)
        ? exchangeUnknown({ where, aside, because: `something between answered ${status}` })
        : dumpNotTaken({ where, status, because: said }),
    );
  } catch (error) {
    if (isProblem(error)) throw error;
    const { signal } = asking;
    if (sent)
      throw exchangeUnknown({ where, aside, because: signal?.aborted ? "it was cut short" : wordsOf(error) });
    signal?.throwIfAborted();
    throw databaseAway({ where, because: wordsOf(error) });
  }
}

/** Sends a request, again while the service says that it is busy and when to come back. */
async function whenFree(place: EmbeddedPlace, sending: Sending, asking: Asking): Promise<IncomingMessage> {
  for (let left = tries; ; left--) {
    sending.onSent?.(false);
    const answer = await send(place, sending, asking);
    const after = Number(answer.headers["retry-after"] ?? Number.NaN);
    if (answer.statusCode !== 503 || left <= 1 || !(after >= 0)) return answer;
    answer.resume();
    sending.onSent?.(false);
    await asking.clock.sleep(Math.min(after * 1_000, longestWaitMs), asking.signal);
  }
}

async function refusalOf(
  { where, token }: EmbeddedPlace,
  answer: IncomingMessage,
  otherwise: (status: number, said: string) => Error,
): Promise<Error> {
  const status = answer.statusCode ?? 0;
  if (status === 401 || status === 403) return dumpTokenRefused({ where, status });
  if (status === 404 || status === 405 || status === 501 || (status >= 300 && status < 400))
    return dumpNotOffered({ where, status });
  return otherwise(status, (await saidIn(answer)).replaceAll(token, "***"));
}

/** What a refusal says: the `message` of its JSON, or its first words. */
async function saidIn(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  try {
    for await (const piece of answer) {
      text += piece;
      if (text.length > mostRead) break;
    }
  } catch {
    // What it said until it broke off is all there is.
  }
  let said = text;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") said = message;
  } catch {
    // It is no JSON.
  }
  return said.replace(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, mostShown);
}

type Sending = {
  method: "GET" | "PUT";
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** Told false before the body goes out, and true when its last byte was handed to the network. */
  onSent?: (all: boolean) => void;
};

/** Begins a request; follows no redirect, so that the token goes where the address leads and nowhere else. */
function send(
  { url, token }: EmbeddedPlace,
  { method, headers = {}, body, onSent }: Sending,
  { patience: { silentMs, wholeMs }, signal }: Asking,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const options: RequestOptions = {
    method,
    // Names under localhost are this machine's own, and few resolvers know them.
    hostname: url.hostname.endsWith(".localhost") ? "127.0.0.1" : url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname,
    headers: { ...headers, host: url.host, authorization: `Bearer ${token}`, "user-agent": "atoms" },
    signal: AbortSignal.any([AbortSignal.timeout(wholeMs), ...(signal === undefined ? [] : [signal])]),
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const asked = secure ? httpsRequest({ ...options, servername: url.hostname }) : httpRequest(options);
    asked.setTimeout(silentMs, () => asked.destroy(new Error(`it was silent for ${silentMs / 1_000} s`)));
    asked.on("error", reject);
    asked.on("response", resolve);
    asked.end(body, () => onSent?.(true));
  });
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === "AbortError" || name === "TimeoutError") return "it took too long";
  const because = error.message || (code ?? name);
  return code === "ECONNRESET" && because === "aborted"
    ? "it broke off in the middle of its answer"
    : because;
}
