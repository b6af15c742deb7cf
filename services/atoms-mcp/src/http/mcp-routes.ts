import { type McpHttpHandler, readRequestBody } from "@modelcontextprotocol/server";
import { catalogue } from "../mcp/catalogue.js";
import { createMcpEndpoint, MAX_BODY_BYTES } from "../mcp/server.js";
import type { Services } from "../services.js";
import { jsonRpcRefusal, problem } from "./answers.js";
import { hostAllowed, originAllowed } from "./cors.js";
import type { Exchange } from "./exchange.js";
import { authenticate, spendMcp } from "./gate.js";

/** Answers `/api/mcp` and `/api/mcp/tools`. */
export function createMcpRoutes(services: Services) {
  const endpoint = createMcpEndpoint(services);
  return {
    /** Guards both routes: Host and Origin first. Undefined lets the request pass. */
    screen(request: Request): Response | undefined {
      const origin = request.headers.get("origin");
      const host = request.headers.get("host") ?? new URL(request.url).host;
      // The refused value is not repeated: it is the caller's own, and may be long.
      if (!hostAllowed(host, services.config)) return jsonRpcRefusal(403, -32000, "This Host is not allowed");
      if (origin !== null && !originAllowed(origin, services.config)) {
        return jsonRpcRefusal(403, -32000, "This Origin is not allowed");
      }
      return undefined;
    },
    async tools(request: Request, exchange: Exchange): Promise<Response> {
      const door = await authenticate(request.headers.get("authorization") ?? undefined, exchange, services);
      if (door) return door;
      const spent = await spendMcp(1, exchange, services);
      if (spent.refused) return spent.refused;
      const injected = await inject(request, exchange, services);
      return injected ?? spent.carry(Response.json(catalogue(services)));
    },
    async mcp(request: Request, exchange: Exchange): Promise<Response> {
      const door = await authenticate(request.headers.get("authorization") ?? undefined, exchange, services);
      if (door) return door;
      const read = request.method === "POST" ? await readPost(request) : { request, messages: 1 };
      if (read instanceof Response) return read;
      const spent = await spendMcp(read.messages, exchange, services);
      if (spent.refused) return spent.refused;
      const injected = await inject(request, exchange, services);
      if (injected) return injected;
      exchange.endless = read.method === "subscriptions/listen";
      return spent.carry(await hand(endpoint, read, exchange, services));
    },
    close: () => endpoint.close(),
  };
}

interface Post {
  request: Request;
  /** How many JSON-RPC messages the body holds. */
  messages: number;
  parsed?: unknown;
  method?: string;
}

/** Reads the body once: it is needed for counting before the handler needs it. */
async function readPost(request: Request): Promise<Post | Response> {
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? ""))
    return { request, messages: 1 };
  const body = await readRequestBody(request, MAX_BODY_BYTES);
  if (body.tooLarge) return jsonRpcRefusal(413, -32000, `The body must not exceed ${MAX_BODY_BYTES} bytes`);
  try {
    const parsed: unknown = JSON.parse(body.text);
    const messages = Array.isArray(parsed) ? Math.max(1, parsed.length) : 1;
    const method = (parsed as { method?: unknown } | null)?.method;
    return { request, messages, parsed, ...(typeof method === "string" ? { method } : {}) };
  } catch {
    // The handler words the refusal, and for that reads the body itself: this one is spent.
    const { url, headers, signal } = request;
    return { request: new Request(url, { method: "POST", headers, body: body.text, signal }), messages: 1 };
  }
}

function hand(
  endpoint: McpHttpHandler,
  post: Post,
  exchange: Exchange,
  services: Services,
): Promise<Response> {
  const { identity } = exchange;
  return endpoint.fetch(post.request, {
    ...(post.parsed === undefined ? {} : { parsedBody: post.parsed }),
    authInfo: {
      token: "",
      clientId: identity?.clientId ?? "unknown",
      scopes: [...(identity?.scopes ?? [])],
      expiresAt: identity?.expiresAt ?? 0,
      resource: new URL(services.config.resourceUrl),
      extra: { exchange },
    },
  });
}

/** Applies injected share, latency and hang faults of the MCP routes. */
async function inject(
  request: Request,
  exchange: Exchange,
  services: Services,
): Promise<Response | undefined> {
  const injection = await services.faults.onRequest("mcp", request.signal);
  if (injection === undefined) return undefined;
  return injection.do === "fail"
    ? problem(500, "internal_error", "Something went wrong on our side.", exchange.requestId)
    : problem(504, "timeout", "The request was given up.", exchange.requestId);
}
