import { isRecord } from "./parse-records.js";

/** A request, as one of its log records tells of it. */
export type LoggedRequest = {
  deployment: string;
  /** Shared by all records of the request. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  failed: boolean;
  path: string | undefined;
  /** Pattern of the route, where the record has one and not only the path. */
  route: string | undefined;
  agent: string | undefined;
};

/** Where requests reach the deployment's own code or files. A firewall or a redirect answers in its place. */
const served = new Set(["lambda", "edge", "static", "external"]);

/**
 * Reads a log record as a request. Everything a request prints comes with the same `proxy` and `requestId`, so several
 * records may tell of one request.
 *
 * `statusCode` -1 is a service that never answered: a crash or a time-out. `proxy.statusCode` -1 is the platform itself
 * refreshing its cache, with nobody waiting (vercel.com/docs/log-drains); that is no request.
 * @returns Undefined when it tells of no request, or not yet of how it ended.
 */
export function loggedRequest(record: Record<string, unknown>): LoggedRequest | undefined {
  const { proxy, deploymentId: deployment, statusCode: own } = record;
  if (!isRecord(proxy) || typeof deployment !== "string" || deployment === "") return undefined;
  if (!served.has(record["source"] as string)) return undefined;
  const seen = proxy["statusCode"];
  const status = isStatus(seen) ? seen : isStatus(own) ? own : undefined;
  const crashed = own === -1;
  if (!crashed && (status === undefined || seen === -1)) return undefined;
  const id = record["requestId"] ?? record["traceId"] ?? record["id"];
  const at = proxy["timestamp"] ?? record["timestamp"];
  if (typeof id !== "string" || typeof at !== "number" || !(at > 0)) return undefined;
  const path = pathOf(proxy["path"]);
  const told = pathOf(record["path"]);
  const agents = proxy["userAgent"];
  return {
    deployment,
    id,
    at,
    failed: crashed || (status ?? 0) >= 500,
    path: path ?? told,
    // `path` of the record is the function or dynamic path; where it is the path asked for, it is no pattern.
    route: told !== undefined && told !== path ? told : undefined,
    agent: Array.isArray(agents) && typeof agents[0] === "string" ? agents[0] : undefined,
  };
}

const isStatus = (value: unknown): value is number => typeof value === "number" && value >= 100;

function pathOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const query = value.indexOf("?");
  return query < 0 ? value : value.slice(0, query);
}

/** A call of a tool that a service wrote down. */
export type LoggedCall = { deployment: string; id: string; at: number; failed: boolean };

/** Kinds of tool errors that are the service's fault, and not the caller's. */
const faults = new Set(["server_error", "unavailable"]);

/**
 * Reads a log record as the call of a tool. The platform knows nothing of tools: this is for services that print one
 * JSON line per request, with `event: "request"` and `tool`, and `error_type` when the tool failed.
 */
export function loggedCall(record: Record<string, unknown>): LoggedCall | undefined {
  const { message, deploymentId: deployment, id, timestamp: at } = record;
  // Looked at before it is parsed, for most lines are something else.
  if (typeof message !== "string" || message.charCodeAt(0) !== 123 || !message.includes('"tool"')) {
    return undefined;
  }
  if (typeof deployment !== "string" || typeof id !== "string" || typeof at !== "number") return undefined;
  let line: unknown;
  try {
    line = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (!isRecord(line) || line["event"] !== "request" || typeof line["tool"] !== "string") return undefined;
  return { deployment, id, at, failed: faults.has(line["error_type"] as string) };
}
