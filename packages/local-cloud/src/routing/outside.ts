import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Dispatcher, request as send } from "undici";
import { HOP_BY_HOP } from "../edge/headers.js";

/** As on Vercel. */
const ANSWER_MS = 120_000;

/** How often a request may be sent on from one deployment to the next. */
const HOPS_MAX = 20;
const HOPS = "x-atoms-cloud-hops";

const NOT_PASSED_ON = new Set([...HOP_BY_HOP, "host", HOPS]);

/**
 * Has another server answer a request, both ways as they come. One that cannot be reached, or gives no answer in two
 * minutes, is a 502; a request that comes back to where it was, again and again, is a 508.
 */
export async function sendOutside(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  added: Readonly<Record<string, string>>,
): Promise<void> {
  // A visitor may send anything in it.
  const hops = Math.max(0, Number(request.headers[HOPS]) || 0) + 1;
  if (hops > HOPS_MAX) return refuse(response, 508, "INFINITE_LOOP_DETECTED");
  const left = new AbortController();
  const leave = () => left.abort();
  response.once("close", leave);
  const { method = "GET" } = request;
  const hasBody =
    request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  let answer: Dispatcher.ResponseData;
  try {
    answer = await send(url, {
      method: method as Dispatcher.HttpMethod,
      headers: [...passedOn(request), HOPS, String(hops)],
      body: hasBody ? request : null,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      signal: left.signal,
    });
  } catch (error) {
    if (left.signal.aborted) return;
    console.error(`A rewrite leads to ${url.origin}, which gave no answer: ${(error as Error).message}`);
    return refuse(response, 502, "ROUTER_EXTERNAL_TARGET_ERROR");
  }
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !NOT_PASSED_ON.has(name)) response.setHeader(name, value);
  for (const [name, value] of Object.entries(added)) response.setHeader(name, value);
  response.writeHead(answer.statusCode);
  response.flushHeaders();
  // Who breaks off, of the two, ends it for the other; the head has been sent, so nothing can be said of it.
  await pipeline(answer.body, response).catch(() => response.destroy());
}

function passedOn(request: IncomingMessage): string[] {
  const raw = request.rawHeaders;
  const headers: string[] = [];
  for (let n = 0; n < raw.length; n += 2)
    if (!NOT_PASSED_ON.has((raw[n] ?? "").toLowerCase())) headers.push(raw[n] ?? "", raw[n + 1] ?? "");
  return headers;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-vercel-error": code });
  response.end(`${code}\n`);
}
