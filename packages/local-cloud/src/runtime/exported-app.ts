import { createServer, type IncomingMessage, Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";

/** A function that answers a Node request. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

type Fetch = (request: Request) => Response | Promise<Response>;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/**
 * Makes a handler of what a module exports: a fetch app (Hono, Elysia, `{fetch}`), an Express-style function, a Fastify
 * or Koa app, a plain web function, or one function per HTTP method. Null when it exports nothing of the kind.
 */
export async function handlerOf(module: Record<string, unknown>): Promise<NodeHandler | null> {
  const exported = unwrap(module);
  if (exported instanceof Server) {
    return (request, response) => exported.emit("request", request, response);
  }
  if (typeof exported === "function") {
    const withFetch = (exported as { fetch?: unknown }).fetch;
    if (typeof withFetch === "function") return web(withFetch.bind(exported) as Fetch);
    return exported.length >= 2 ? (exported as NodeHandler) : web(exported as Fetch);
  }
  if (typeof exported === "object" && exported !== null) {
    const app = exported as Record<string, unknown>;
    if (typeof app["fetch"] === "function") return web((app["fetch"] as Fetch).bind(app));
    if (typeof app["ready"] === "function" && app["server"] instanceof Server) return fastify(app);
    if (typeof app["callback"] === "function") return (app["callback"] as () => NodeHandler).call(app);
  }
  return byMethod(module);
}

/** CommonJS modules put their whole export under `default`, which may hold a `default` of its own. */
function unwrap(module: Record<string, unknown>): unknown {
  const first = module["default"] ?? module["app"] ?? module["handler"];
  if (typeof first === "object" && first !== null && "default" in first) {
    return (first as { default: unknown }).default;
  }
  return first;
}

function web(fetch: Fetch): NodeHandler {
  return getRequestListener(fetch);
}

async function fastify(app: Record<string, unknown>): Promise<NodeHandler> {
  await (app["ready"] as () => Promise<unknown>).call(app);
  return (request, response) => (app["server"] as Server).emit("request", request, response);
}

function byMethod(module: Record<string, unknown>): NodeHandler | null {
  const handlers = new Map<string, Fetch>();
  for (const method of METHODS) {
    if (typeof module[method] === "function") handlers.set(method, module[method] as Fetch);
  }
  if (handlers.size === 0) return null;
  return web((request) => {
    const handler =
      handlers.get(request.method) ?? (request.method === "HEAD" ? handlers.get("GET") : undefined);
    return handler ? handler(request) : new Response("Method Not Allowed\n", { status: 405 });
  });
}

/** Listens on `PORT` and gives every request to `handler`; an error in it becomes a 500 and a line in the log. */
export function listen(handler: NodeHandler, port: number): void {
  const server = createServer((request, response) => {
    const failed = (error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500, { "x-vercel-error": "FUNCTION_INVOCATION_FAILED" });
      response.end();
    };
    try {
      const result = handler(request, response);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  });
  server.keepAliveTimeout = 65_000;
  server.listen(port, "127.0.0.1");
  process.on("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
