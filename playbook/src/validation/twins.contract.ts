import { createServer, type IncomingMessage, request as nodeRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock, Http, HttpResult } from "../terms/index.js";
import type { Target } from "./model.js";
import type { ValidationPorts } from "./ports.js";
import { type ValidationPlan, ValidationSettings, validationPlan } from "./settings.js";

// Every check is asked of two services over real HTTP: a good twin, which it must pass, and bad twins that differ in one
// thing, which it must not. A check that passes its bad twin proves nothing about the good one.

export const token = "tok-5f2c-secret";
export const probe = "probe-91aa-secret";
export const deployment = "dpl_candidate";
export const version = "v20260105.120000";

/** An answer; `hang` never comes, `cut` closes the connection. */
export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string; afterMs?: number }
  | "hang"
  | "cut";

export type Asked = {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** The JSON-RPC message, when the body is one. */
  rpc: Record<string, unknown>;
  /** How many requests came before it. */
  number: number;
};

/** What a twin does differently: gives its own answer, or undefined to answer as the good one does. */
export type Difference = (asked: Asked, good: (asked: Asked) => Answer) => Answer | undefined;

export interface Twin {
  address: string;
  asked: Asked[];
  close(): Promise<void>;
}

/** Starts a twin on a free loopback port. */
export async function startTwin(difference: Difference = () => undefined): Promise<Twin> {
  const asked: Asked[] = [];
  const good = goodService();
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const one: Asked = {
        method: request.method ?? "GET",
        path: request.url ?? "/",
        headers: request.headers,
        body,
        rpc: body.startsWith("{") ? JSON.parse(body) : {},
        number: asked.length,
      };
      asked.push(one);
      send(response, difference(one, good) ?? good(one));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === "hang") return;
  if (answer === "cut") {
    response.destroy();
    return;
  }
  setTimeout(() => {
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body ?? "");
  }, answer.afterMs ?? 0);
}

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});

export const page = (status: number, html: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", ...headers },
  body: html,
});

export const tools = [
  {
    name: "look_up",
    inputSchema: { type: "object", properties: {} },
    annotations: { readOnlyHint: true },
  },
  { name: "write_down", inputSchema: { type: "object", required: ["text"] } },
];

/** Answers an MCP request with a result, as a stream in the older generation and as JSON in the newer. */
export function mcpResult(asked: Asked, result: Record<string, unknown>): Answer {
  const message = JSON.stringify({ jsonrpc: "2.0", id: asked.rpc["id"], result });
  if (asked.headers["mcp-method"] !== undefined) {
    return { status: 200, headers: { "content-type": "application/json" }, body: message };
  }
  const log = JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: {} });
  return {
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: `: hello\n\nevent: message\ndata: ${log}\n\nevent: message\r\ndata: ${message}\r\n\r\n`,
  };
}

function goodService(): (asked: Asked) => Answer {
  let allowance = 60;
  const stamp = { "x-atoms-deployment": deployment, "x-atoms-version": version };
  return (asked) => {
    const { path, method } = asked;
    if (method === "OPTIONS") {
      return {
        status: 204,
        headers: {
          "access-control-allow-origin": "*",
          "access-control-allow-methods": "GET, POST",
          "access-control-allow-headers": "authorization",
        },
      };
    }
    if (path === "/health") {
      if (asked.headers["x-atoms-probe"] !== probe && allowance-- <= 0)
        return json(429, { error: "rate_limited" });
      const checks = { database: { status: "healthy" } };
      return json(200, { status: "healthy", deployment_id: deployment, version, checks }, stamp);
    }
    if (path === "/auth/login") {
      return { status: 302, headers: { location: "https://id.example.com/authorize?state=s3cr3t" } };
    }
    if (asked.headers.authorization !== `Bearer ${token}`) {
      return json(401, { error: "invalid_token" }, { "www-authenticate": 'Bearer error="invalid_token"' });
    }
    if (path === "/api/mcp/tools") return json(200, { tools });
    if (path !== "/api/mcp") return json(404, { error: "not_found" });
    return goodMcp(asked);
  };
}

function goodMcp(asked: Asked): Answer {
  const { rpc, headers } = asked;
  const params = (rpc["params"] ?? {}) as Record<string, unknown>;
  const modern = headers["mcp-method"] !== undefined;
  const rpcError = (code: number, message: string) =>
    json(400, { jsonrpc: "2.0", id: rpc["id"], error: { code, message } });
  if (modern) {
    const meta = (params["_meta"] ?? {}) as Record<string, unknown>;
    if (meta["io.modelcontextprotocol/protocolVersion"] !== "2026-07-28")
      return rpcError(-32602, "no envelope");
    if (headers["mcp-protocol-version"] !== "2026-07-28") return rpcError(-32022, "unsupported version");
    if (headers["mcp-method"] !== rpc["method"]) return rpcError(-32020, "header mismatch");
    if (rpc["method"] === "tools/call" && headers["mcp-name"] !== params["name"]) {
      return rpcError(-32020, "header mismatch");
    }
  } else if (!String(headers.accept).includes("text/event-stream")) {
    return rpcError(-32000, "not acceptable");
  }
  const about = modern
    ? { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": { name: "twin", version } } }
    : {};
  switch (rpc["method"]) {
    case "initialize":
      return mcpResult(asked, {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "twin", version },
      });
    case "notifications/initialized":
      return { status: 202 };
    case "server/discover":
      return mcpResult(asked, { supportedVersions: ["2026-07-28"], capabilities: {}, ...about });
    case "tools/list":
      return mcpResult(asked, { tools, ...about });
    case "tools/call":
      return mcpResult(asked, { content: [{ type: "text", text: "fine" }], ...about });
    default:
      return rpcError(-32601, "method not found");
  }
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** The Http port on node:http, for tests of the book; the real one is an adapter's. */
export const nodeHttp: Http = {
  send: (request, signal) =>
    new Promise<HttpResult>((resolve) => {
      const began = performance.now();
      const ms = () => performance.now() - began;
      const limit = AbortSignal.timeout(request.timeoutMs);
      const both = signal === undefined ? limit : AbortSignal.any([limit, signal]);
      const failed = (error: Error & { code?: string }) => {
        const why = signal?.aborted
          ? "cancelled"
          : limit.aborted
            ? "time-out"
            : error.code === "ECONNREFUSED"
              ? "refused"
              : "cut";
        resolve({ answered: false, why, message: `It did not answer: ${why}.`, ms: ms() });
      };
      const sent = nodeRequest(
        request.url,
        { method: request.method ?? "GET", headers: request.headers ?? {}, signal: both, agent: false },
        (response) => {
          const firstByteMs = ms();
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", failed);
          response.on("end", () => {
            const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
            resolve({
              answered: true,
              status: response.statusCode ?? 0,
              headers: Object.fromEntries(headers),
              body: Buffer.concat(chunks).toString(),
              ms: ms(),
              firstByteMs,
            });
          });
        },
      );
      sent.on("error", failed);
      sent.end(request.body);
    }),
};

export function ports(change: Partial<ValidationPorts> = {}): ValidationPorts {
  return {
    http: nodeHttp,
    clock: realClock,
    bearerToken: async () => token,
    signal: new AbortController().signal,
    ...change,
  };
}

/** A plan in which every check is on, for a service such as the good twin. */
export function everything(
  change: (settings: Record<string, unknown>) => void = () => undefined,
): ValidationPlan {
  const settings = {
    timeout: "5s",
    probe_header: { value: probe },
    smoke: {
      health: {},
      serves_itself: {},
      login: {},
      auth_required: {},
      cors: {},
      mcp: { generations: ["2025", "2026"], expected_tools: ["look_up", "write_down"] },
      database: {},
      rate_limit: {},
    },
    performance: {
      rate: 500,
      baselines: { "/health": { p95: 9_000, p99: 9_000 }, "/api/mcp/tools": { p95: 9_000, p99: 9_000 } },
    },
  };
  change(settings);
  return validationPlan(ValidationSettings.parse(settings), { kind: "mcp", health: "/health" });
}

export const target = (twin: Twin): Target => ({ address: twin.address, deployment, version });
