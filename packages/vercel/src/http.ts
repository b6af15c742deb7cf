import type { Clock, Http, HttpRequest, HttpResult } from "@atoms/playbook";
import { type Dispatcher, request as undiciRequest } from "undici";
import { deadline } from "./deadline.js";
import { loopbackAwareDispatcher } from "./dispatcher.js";
import { classify, sentence } from "./failure-class.js";

/** Bytes of an answer's body that are kept. */
const keptBytes = 1024 * 1024;

/** The probe client, with a way to let go of its connections. */
export interface UndiciHttp extends Http {
  close(): Promise<void>;
}

/**
 * Makes the client that requests to services go through. It follows no redirect, retries nothing, keeps at most the
 * first MiB of a body, and finds `*.localhost` on loopback.
 * @param options.freshConnections True opens a connection for every request, so that the time to connect is part of
 * each measurement and no answer comes from a connection made before traffic moved. Default false.
 */
export function undiciHttp(options: { clock: Clock; freshConnections?: boolean }): UndiciHttp {
  const { clock } = options;
  let dispatcher: Dispatcher | undefined;
  return {
    async send(request, signal) {
      const began = clock.monotonic();
      const ms = () => clock.monotonic() - began;
      const within = deadline(clock, request.timeoutMs, signal);
      const where = hostOf(request.url);
      try {
        dispatcher ??= loopbackAwareDispatcher({ keepAlive: options.freshConnections !== true });
        within.signal.throwIfAborted();
        return await exchange(request, dispatcher, within.signal, ms);
      } catch (error) {
        const failed = (
          why: Extract<HttpResult, { answered: false }>["why"],
          message: string,
        ): HttpResult => ({ answered: false, why, message, ms: ms() });
        if (within.passed()) {
          return failed("time-out", `${where} did not answer within ${request.timeoutMs} ms.`);
        }
        if (signal?.aborted) return failed("cancelled", "The request was cancelled.");
        if (!URL.canParse(request.url)) return failed("other", `"${where}" is not an address.`);
        const why = classify(error);
        return failed(why, sentence(why, where, error));
      } finally {
        within.end();
      }
    },
    async close() {
      await dispatcher?.destroy();
    },
  };
}

async function exchange(
  request: HttpRequest,
  dispatcher: Dispatcher,
  signal: AbortSignal,
  ms: () => number,
): Promise<HttpResult> {
  const answer = await undiciRequest(request.url, {
    method: request.method ?? "GET",
    ...(request.headers === undefined ? {} : { headers: request.headers }),
    ...(request.body === undefined ? {} : { body: request.body }),
    signal,
    dispatcher,
  });
  const firstByteMs = ms();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    parts.push(chunk.subarray(0, keptBytes - bytes));
    bytes += chunk.byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (bytes >= keptBytes) break;
  }
  return {
    answered: true,
    status: answer.statusCode,
    headers: joined(answer.headers),
    body: new TextDecoder().decode(Buffer.concat(parts)),
    ms: ms(),
    firstByteMs,
  };
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return all;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
