import type { Clock } from "@atoms/playbook";
import { type Dispatcher, type RequestInit, type Response, fetch as undiciFetch } from "undici";
import type { z } from "zod";
import { boundedText, TooLarge } from "./bounded-text.js";
import { type Deadline, deadline } from "./deadline.js";
import { loopbackAwareDispatcher } from "./dispatcher.js";
import { classify, neverSent, sentence } from "./failure-class.js";
import { linesOf } from "./lines.js";
import { type Patience, readRetryAfter, usualPatience, waitBeforeRetry } from "./retries.js";
import { VercelError } from "./vercel-error.js";
import { errorBody } from "./wire/index.js";

/** Sends one request; undici's `fetch` unless a test gives another. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What the client is made of. */
export interface ApiOptions {
  /** Base address without a trailing slash, e.g. `https://api.vercel.com` or `http://127.0.0.1:4300`. */
  api: string;
  token: string;
  /** Team id (`team_…`) or slug; the token's own account without it. */
  team?: string;
  clock: Clock;
  /** Numbers from 0 up to 1, for the jitter of waits. Default `Math.random`. */
  random?: () => number;
  fetch?: Fetch;
  patience?: Patience;
  /** Asked right before a call is sent that changes something: whether this process may still act. Default: it may. */
  mayAct?: () => boolean;
}

/** One request. */
export interface Call {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path with its parts already encoded. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
  /** Milliseconds for one try, reading the answer included. Default 30,000. */
  timeoutMs?: number;
  /** Whether doing it twice is the same as doing it once. Default: for GET. */
  repeatable?: boolean;
  signal?: AbortSignal | undefined;
}

/** The REST API, one call at a time. */
export interface Api {
  /**
   * Asks and reads the answer by a schema.
   * @throws VercelError; the signal's reason when the caller gave up.
   */
  ask<S extends z.ZodType>(answer: S, call: Call): Promise<z.infer<S>>;
  /** The same with the status, where two successes mean different things. */
  askWithStatus<S extends z.ZodType>(answer: S, call: Call): Promise<{ status: number; answer: z.infer<S> }>;
  /** Asks for a stream of JSON lines; ends when the platform closes it or the call's time is over. */
  stream<S extends z.ZodType>(line: S, call: Call): AsyncGenerator<z.infer<S>>;
  /** Lets go of idle connections. */
  close(): Promise<void>;
}

const usualTimeoutMs = 30_000;

/** Makes the caller of the REST API. Nothing is sent before the first call. */
export function vercelApi(options: ApiOptions): Api {
  const { clock, token, patience = usualPatience, random = Math.random } = options;
  const base = options.api.replace(/\/+$/, "");
  const host = hostOf(base);
  const send: Fetch = options.fetch ?? undiciFetch;
  let dispatcher: Dispatcher | undefined;

  const hidden = (text: string) => (token === "" ? text : text.replaceAll(token, "(token)")).slice(0, 1000);

  const start = (call: Call, within: Deadline) => {
    if (!reads(call) && options.mayAct?.() === false)
      throw new VercelError({
        status: 0,
        code: "not_ours",
        message: "This process may not act any more: others may hold it for dead, and act in its place.",
        retryable: false,
        actMayHaveHappened: false,
      });
    dispatcher ??= loopbackAwareDispatcher();
    const headers: Record<string, string> = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...call.headers,
    };
    if (call.body !== undefined) headers["content-type"] = "application/json";
    const body = call.bytes ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    return send(`${base}${call.path}${queryOf(call.query, options.team)}`, {
      method: call.method ?? "GET",
      headers,
      ...(body === undefined ? {} : { body }),
      // A redirect would carry the token to wherever it points.
      redirect: "manual",
      signal: within.signal,
      dispatcher,
    });
  };

  /** What went wrong on the way, as data. */
  const broken = (error: unknown, call: Call, within: Deadline, answered: boolean): unknown => {
    if (error instanceof VercelError) return error;
    if (within.signal.aborted && !within.passed()) return within.signal.reason;
    const acts = !reads(call);
    if (error instanceof TooLarge) {
      return notUnderstood(`${host} sent more than anybody expects: ${error.message}.`, 200, acts);
    }
    const late = within.passed();
    const failed = late ? "time-out" : classify(error);
    return new VercelError({
      status: 0,
      code: failed === "time-out" ? "timed_out" : failed === "cut" || answered ? "cut" : "unreachable",
      message: late
        ? `${host} did not answer within ${call.timeoutMs ?? usualTimeoutMs} ms.`
        : sentence(failed, host, error),
      retryable: failed !== "tls",
      actMayHaveHappened: acts && (late || answered || !neverSent(error)),
    });
  };

  const refused = (response: Response, text: string, call: Call): VercelError => {
    const { status } = response;
    const read = errorBody.safeParse(jsonOf(text));
    const acts = !reads(call);
    // A "not found" that is not in the platform's own form comes from something else at this address.
    if (!read.success && (status === 404 || status === 410 || status < 400)) {
      return notUnderstood(
        `${host} answered ${status} with ${kindOf(response, text)}, not in the form of the API.`,
        status,
        acts && status < 400,
      );
    }
    const error = read.success ? read.data.error : undefined;
    const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), clock.now());
    return new VercelError({
      status,
      code: error?.code ?? `http_${status}`,
      message: hidden(error?.message ?? `${host} answered ${status} with ${kindOf(response, text)}.`),
      retryable: status === 429 || status === 408 || status >= 500,
      actMayHaveHappened: acts && status >= 500,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(error?.missing === undefined ? {} : { missing: error.missing }),
      tokenRefused: status === 401 || error?.invalidToken === true,
    });
  };

  const once = async <S extends z.ZodType>(schema: S, call: Call) => {
    const within = deadline(clock, call.timeoutMs ?? usualTimeoutMs, call.signal);
    let answered = false;
    try {
      within.signal.throwIfAborted();
      const response = await start(call, within);
      answered = true;
      const text = await boundedText(response.body);
      if (!response.ok) throw refused(response, text, call);
      // A success without a body is a success: deletes answer 204.
      const data = text.trim() === "" ? {} : jsonOf(text);
      const read = schema.safeParse(data);
      if (read.success) return { status: response.status, answer: read.data as z.infer<S> };
      const why =
        data === undefined
          ? `it is ${kindOf(response, text)}`
          : read.error.issues
              .slice(0, 3)
              .map((issue) => `${issue.path.join(".") || "the answer"}: ${issue.message}`)
              .join("; ");
      throw notUnderstood(
        hidden(`The answer to ${call.method ?? "GET"} ${call.path} was not understood: ${why}.`),
        response.status,
        !reads(call),
      );
    } catch (error) {
      throw broken(error, call, within, answered);
    } finally {
      within.end();
    }
  };

  const retried = async <T>(call: Call, attempt: () => Promise<T>): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof VercelError)) throw error;
        const wait = waitBeforeRetry(error, tried, call.repeatable ?? reads(call), random(), patience);
        if (wait === undefined) throw error;
        await clock.sleep(wait, call.signal);
      }
    }
  };

  return {
    ask: async (schema, call) => (await retried(call, () => once(schema, call))).answer,
    askWithStatus: (schema, call) => retried(call, () => once(schema, call)),
    async *stream(schema, call) {
      const within = deadline(clock, call.timeoutMs ?? usualTimeoutMs, call.signal);
      try {
        const response = await retried(call, async () => {
          try {
            within.signal.throwIfAborted();
            const opened = await start(call, within);
            if (!opened.ok) throw refused(opened, await boundedText(opened.body), call);
            return opened;
          } catch (error) {
            throw broken(error, call, within, false);
          }
        });
        if (response.body === null) return;
        try {
          for await (const line of linesOf(response.body)) {
            const read = schema.safeParse(jsonOf(line));
            // Keep-alives and lines of a kind not known here are not ours to judge.
            if (read.success) yield read.data as never;
          }
        } catch (error) {
          // Its time being over is how a stream that nobody closes ends.
          if (within.passed()) return;
          throw broken(error, call, within, true);
        }
      } finally {
        within.end();
      }
    },
    async close() {
      await dispatcher?.close();
    },
  };
}

const reads = (call: Call) => (call.method ?? "GET") === "GET";

function notUnderstood(message: string, status: number, actMayHaveHappened: boolean): VercelError {
  return new VercelError({ status, code: "not_understood", message, retryable: false, actMayHaveHappened });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function kindOf(response: Response, text: string): string {
  if (text.trim() === "") return "an empty body";
  const type = (response.headers.get("content-type") ?? "").split(";")[0] || "something without a type";
  return /html/i.test(type) ? "an HTML page" : type;
}

function hostOf(base: string): string {
  try {
    return new URL(base).host;
  } catch {
    return base;
  }
}

function queryOf(query: Call["query"], team: string | undefined): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(key, String(value));
  }
  if (team !== undefined) search.set(team.startsWith("team_") ? "teamId" : "slug", team);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
