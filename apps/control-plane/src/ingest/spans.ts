import { isRecord } from "./parse-records.js";

/** A request, or the call of a tool, as a span tells of it. */
export type RequestSpan = {
  kind: "request" | "tool";
  deployment: string;
  spanId: string;
  parentId: string | undefined;
  /** The platform's id of the request, where the span has it. */
  requestId: string | undefined;
  /** When it began, in milliseconds since 1970. */
  at: number;
  ms: number;
  failed: boolean;
  path: string | undefined;
  route: string | undefined;
  agent: string | undefined;
};

const isServer = (kind: unknown) => kind === 2 || kind === "SPAN_KIND_SERVER" || kind === "server";
const isError = (code: unknown) => code === 2 || code === "STATUS_CODE_ERROR" || code === "error";

/**
 * Reads the spans of an OTLP/HTTP request in JSON that tell of a request (kind server) or of the call of a tool (OpenTelemetry's
 * conventions for MCP and for generative AI). Vercel puts `vercel.deploymentId` on the resource; it has no attribute for tools.
 */
export function* requestSpans(body: Record<string, unknown>): Generator<RequestSpan> {
  for (const group of list(body["resourceSpans"])) {
    const resource = attributes(isRecord(group["resource"]) ? group["resource"]["attributes"] : undefined);
    for (const scope of list(group["scopeSpans"])) {
      for (const span of list(scope["spans"])) {
        const own = attributes(span["attributes"]);
        const found = readSpan(span, own, deploymentOf(own) ?? deploymentOf(resource));
        if (found !== undefined) yield found;
      }
    }
  }
}

function readSpan(
  span: Record<string, unknown>,
  own: Map<string, string | number>,
  deployment: string | undefined,
): RequestSpan | undefined {
  const isTool =
    own.get("mcp.method.name") === "tools/call" || own.get("gen_ai.operation.name") === "execute_tool";
  // Any other message of MCP is part of a request, and not one by itself.
  if (!isTool && (!isServer(span["kind"]) || own.has("mcp.method.name"))) return undefined;
  const start = Number(span["startTimeUnixNano"]);
  const ms = (Number(span["endTimeUnixNano"]) - start) / 1e6;
  const { spanId, parentSpanId } = span;
  if (deployment === undefined || typeof spanId !== "string" || !(start > 0) || !(ms >= 0)) return undefined;
  const status = Number(own.get("http.response.status_code") ?? own.get("http.status_code") ?? 0);
  const marked = isRecord(span["status"]) && isError(span["status"]["code"]);
  return {
    kind: isTool ? "tool" : "request",
    deployment,
    spanId,
    parentId: typeof parentSpanId === "string" && parentSpanId !== "" ? parentSpanId : undefined,
    requestId: text(own.get("vercel.request_id") ?? own.get("vercel.requestId")),
    at: start / 1e6,
    ms,
    // A status tells more exactly than the mark: some services mark a 404.
    failed: isTool ? marked || own.has("error.type") : status > 0 ? status >= 500 : marked,
    path: text(own.get("url.path") ?? own.get("http.target"))?.split("?")[0],
    route: text(own.get("http.route")),
    agent: text(own.get("user_agent.original") ?? own.get("http.user_agent")),
  };
}

const deploymentOf = (all: Map<string, string | number>) =>
  text(all.get("vercel.deploymentId") ?? all.get("vercel.deployment_id") ?? all.get("deployment.id"));

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const list = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

/** Attributes with text or numbers, by key. */
function attributes(all: unknown): Map<string, string | number> {
  const found = new Map<string, string | number>();
  for (const { key, value } of list(all)) {
    if (typeof key !== "string" || !isRecord(value)) continue;
    const { stringValue, intValue, doubleValue } = value;
    if (typeof stringValue === "string") found.set(key, stringValue);
    // OTLP writes 64-bit integers as text.
    else if (intValue !== undefined) found.set(key, Number(intValue));
    else if (typeof doubleValue === "number") found.set(key, doubleValue);
  }
  return found;
}
