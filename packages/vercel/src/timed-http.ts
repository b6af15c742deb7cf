import { type IncomingMessage, request as plain, type RequestOptions } from "node:http";
import { request as secure } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { Clock, Http, HttpRequest, HttpResult, HttpTimings } from "@atoms/playbook";
import { deadline } from "./deadline.js";
import { lookupLoopback } from "./dispatcher.js";
import { classify, sentence } from "./failure-class.js";

/** Bytes of an answer's body that are kept. */
const keptBytes = 1024 * 1024;

/**
 * Makes a client that takes each exchange apart: finding the name, connecting, securing, the first byte, the whole. Every
 * request has a connection of its own, so that each part is gone through each time. Like the probe client it follows no
 * redirect, retries nothing, and finds `*.localhost` on loopback.
 * @param options.ca Certificates of authorities to trust besides the system's, in PEM.
 * @param options.lookup Finds addresses of names instead of the system's resolver, e.g. by the name servers themselves.
 */
export function timedHttp(options: { clock: Clock; ca?: string | undefined; lookup?: LookupFunction }): Http {
  const { clock, ca, lookup = lookupLoopback as LookupFunction } = options;
  return {
    async send(request, signal) {
      const began = clock.monotonic();
      const ms = () => clock.monotonic() - began;
      const timings: HttpTimings = {};
      if (!URL.canParse(request.url) || !/^https?:/.test(request.url))
        return { answered: false, why: "other", message: `"${request.url}" is not an address.`, ms: 0 };
      const { host } = new URL(request.url);
      const within = deadline(clock, request.timeoutMs, signal);
      try {
        within.signal.throwIfAborted();
        return { ...(await exchange(request, within.signal, ms, timings, { ca, lookup })), timings };
      } catch (error) {
        const failed = (
          why: Extract<HttpResult, { answered: false }>["why"],
          message: string,
        ): HttpResult => ({ answered: false, why, message, ms: ms(), timings });
        if (within.passed()) {
          return failed("time-out", `${host} did not answer within ${request.timeoutMs} ms.`);
        }
        if (signal?.aborted) return failed("cancelled", "The request was cancelled.");
        const why = classify(error);
        return failed(why, sentence(why, host, error));
      } finally {
        within.end();
      }
    },
  };
}

function exchange(
  { url, method = "GET", headers = {}, body }: HttpRequest,
  signal: AbortSignal,
  ms: () => number,
  timings: HttpTimings,
  { ca, lookup }: { ca: string | undefined; lookup: LookupFunction },
): Promise<HttpResult> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method,
      headers,
      agent: false,
      signal,
      lookup,
    };
    const sent =
      new URL(url).protocol === "https:"
        ? secure(url, { ...options, ...(ca === undefined ? {} : { ca }) })
        : plain(url, options);
    sent.once("error", reject);
    sent.once("socket", (socket) => takeApart(socket, sent, ms, timings));
    sent.once("response", (answer) => {
      const firstByteMs = ms();
      const readyMs = timings.firstByteMs ?? 0;
      timings.firstByteMs = firstByteMs - readyMs;
      gather(answer).then((text) => {
        resolve({
          answered: true,
          status: answer.statusCode ?? 0,
          headers: joined(answer),
          body: text,
          ms: ms(),
          firstByteMs,
        });
        // A body longer than what is kept is not waited for.
        sent.destroy();
      }, reject);
    });
    sent.end(body);
  });
}

/** Notes when each part is over. Until the first byte is there, `firstByteMs` holds when waiting for it began. */
function takeApart(
  socket: Socket,
  { protocol }: { protocol: string },
  ms: () => number,
  timings: HttpTimings,
): void {
  let mark = ms();
  const part = (name: "dnsMs" | "connectMs" | "tlsMs") => () => {
    const now = ms();
    timings[name] = now - mark;
    mark = now;
    timings.firstByteMs = now;
  };
  // Several addresses are tried one after the other; the name is found once.
  socket.once("lookup", part("dnsMs"));
  socket.once("connect", part("connectMs"));
  if (protocol === "https:") socket.once("secureConnect", part("tlsMs"));
}

async function gather(answer: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    parts.push(chunk.subarray(0, keptBytes - bytes));
    bytes += chunk.byteLength;
    if (bytes >= keptBytes) break;
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

function joined({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}
