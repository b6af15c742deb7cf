import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { CRON_PASS } from "../crons/cron-pass.js";
import type { WrittenHeaders } from "../http1/plain-response.js";

/** Headers that belong to one connection and go no further. */
export const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
];

/** Headers that only the edge may set; a client's own are dropped. */
const EDGE_ONLY = [
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
  "x-vercel-forwarded-for",
  "x-vercel-id",
  "x-vercel-deployment-url",
  CRON_PASS,
  // Sent on with the edge's own span in it.
  "traceparent",
];

const NOT_FORWARDED = new Set([...HOP_BY_HOP, ...EDGE_ONLY]);
const NOT_RETURNED = new Set(HOP_BY_HOP);

/** What the edge asks about a request, whichever way it came in. */
export type VisitedBy = Readonly<Pick<IncomingMessage, "method" | "url" | "headers">> & {
  readonly rawHeaders: readonly string[];
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** Headers of the edge's own, by their names in small letters. */
export type AddedHeaders = ReadonlyMap<string, string>;

/** Where a request goes, as its process is told. */
export interface Forwarding {
  readonly requestId: string;
  readonly clientIp: string;
  readonly deploymentUrl: string;
  readonly traceparent: string;
}

/** The request headers for the process, as a flat list of names and values in the order they came. */
export function requestHeaders(request: VisitedBy, to: Forwarding): string[] {
  const named = connectionNames(request.headers.connection);
  const headers: string[] = [];
  const raw = request.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? "";
    const lower = name.toLowerCase();
    if (NOT_FORWARDED.has(lower) || named?.has(lower)) continue;
    headers.push(name, raw[i + 1] ?? "");
  }
  const host = request.headers.host ?? "";
  headers.push(
    "x-forwarded-for",
    to.clientIp,
    "x-real-ip",
    to.clientIp,
    "x-vercel-forwarded-for",
    to.clientIp,
    "x-forwarded-host",
    host,
    "x-forwarded-proto",
    "http",
    "x-vercel-id",
    to.requestId,
    "x-vercel-deployment-url",
    to.deploymentUrl,
    "traceparent",
    to.traceparent,
  );
  return headers;
}

/**
 * The response headers for the visitor, as a flat list of names and values: those of the process without what belongs
 * to its own connection, then the edge's. A cookie of the edge comes beside those of the process, any other header of
 * the edge instead of the process's.
 */
export function responseHeaders(headers: IncomingHttpHeaders, added: AddedHeaders): string[] {
  const named = connectionNames(headers.connection);
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || NOT_RETURNED.has(name) || named?.has(name)) continue;
    if (name !== "set-cookie" && added.has(name)) continue;
    if (typeof value === "string") flat.push(name, value);
    else for (const one of value) flat.push(name, one);
  }
  for (const [name, value] of added) flat.push(name, value);
  return flat;
}

/**
 * The same as text, of headers as they came.
 * @param raw names and values in turn
 */
export function writtenResponseHeaders(raw: readonly string[], added: AddedHeaders): WrittenHeaders {
  const named = connectionNames(joinedValue(raw, "connection"));
  let text = "";
  let length: number | null = null;
  let isDated = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    if (NOT_RETURNED.has(lower) || named?.has(lower)) continue;
    if (lower !== "set-cookie" && added.has(lower)) continue;
    if (lower === "content-length") length = Number(raw[i + 1]);
    else if (lower === "date") isDated = true;
    text += `${name}: ${raw[i + 1]}\r\n`;
  }
  for (const [name, value] of added) text += `${name}: ${value}\r\n`;
  return { text, length, isDated };
}

/** The value of a header, of several together; undefined when there is none. */
function joinedValue(raw: readonly string[], wanted: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.length !== wanted.length || raw[i]?.toLowerCase() !== wanted) continue;
    value = value === undefined ? raw[i + 1] : `${value}, ${raw[i + 1]}`;
  }
  return value;
}

function connectionNames(value: string | undefined): Set<string> | null {
  if (value === undefined || value === "keep-alive" || value === "close") return null;
  return new Set(
    value
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
}

/**
 * Who sent the request. A proxy or a test on this machine may name the visitor in `x-forwarded-for`; from anywhere
 * else the header is not believed.
 */
export function clientIpOf(request: VisitedBy): string {
  const address = request.socket.remoteAddress ?? "127.0.0.1";
  const peer = address.startsWith("::ffff:") ? address.slice(7) : address;
  if (peer !== "127.0.0.1" && peer !== "::1") return peer;
  const named = request.headers["x-forwarded-for"];
  const first = (Array.isArray(named) ? named[0] : named)?.split(",")[0]?.trim();
  return first !== undefined && isIP(first) !== 0 ? first : peer;
}
