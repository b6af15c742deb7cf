import type { IncomingMessage, ServerResponse } from "node:http";
import { requestUrl, visitedOrigin } from "../request-url.js";
import type { NodeHandler } from "../runtime/exported-app.js";
import type { Middleware } from "./middleware.js";
import { type Asked, compileRoutes, type Route } from "./route.js";
import { type Way, walk } from "./walk.js";

/** The files and functions of a deployment, by their paths. */
export interface Filesystem {
  /** Is there a file or function at the path? */
  has(path: string): Promise<boolean>;
  /**
   * Answers with what is at the path.
   * @returns false when there is only a file, and the request is not to read it; nothing was sent then
   */
  serve(request: IncomingMessage, response: ServerResponse, path: string, status?: number): Promise<boolean>;
  /** Answers 404. */
  notFound(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** The phases in their order; after each that led elsewhere, the files are looked at again, and those of `miss` asked. */
const PHASES = ["start", "filesystem", "rewrite", "resource"];

/** What a deployment has its requests led by, and to. */
export interface Led {
  readonly routes: readonly Route[];
  /** The deployment's own code that has a say after the routes of the first phase; null for none. */
  readonly middleware: Middleware | null;
  readonly files: Filesystem;
  /** Answers what nothing was found for; without one it is a 404, for which phase `error` may have a page. */
  readonly app: NodeHandler | null;
}

/**
 * Leads requests by routes: those before any `handle` come first, then files and functions, then the later phases. What a
 * route of phase `hit` adds, it adds to what was found. A function sees the path that was asked for, and the parameters of
 * the route beside its own; where a middleware leads elsewhere, the path that it leads to.
 */
export function routedHandler({ routes, middleware, files, app }: Led): NodeHandler {
  const phases = compileRoutes(routes);
  const order = PHASES.filter((phase) => phase === "start" || phases.has(phase));
  const has = (path: string) => files.has(path);
  return async (request, response) => {
    let url = requestUrl(request);
    let asked = askedBy(request, url);
    let way: Way = { path: asked.path, query: asked.query, headers: {} };
    let looked: string | null = null;

    const isFound = async (): Promise<boolean> => {
      if (way.path === looked) return false;
      looked = way.path;
      if (!(await has(way.path))) {
        const missed = await walk(phases.get("miss") ?? [], way, asked, has);
        if (missed.kind !== "led" || !(await has(missed.way.path))) return false;
        way = missed.way;
      }
      const hit = await walk(phases.get("hit") ?? [], way, asked, has);
      const headers = "way" in hit ? hit.way.headers : hit.headers;
      prepare(request, response, url, { ...way, headers });
      if (await files.serve(request, response, way.path, way.status)) return true;
      if (app) return false;
      response.writeHead(405, { allow: "GET, HEAD", "x-vercel-error": "INVALID_REQUEST_METHOD" });
      response.end("This can only be read.\n\nINVALID_REQUEST_METHOD\n");
      return true;
    };

    const fail = async (status: number): Promise<void> => {
      const routesOf = (phases.get("error") ?? []).filter(({ route }) => (route.status ?? status) === status);
      const step = await walk(routesOf, { ...way, path: asked.path }, asked, has);
      if ("way" in step) way = step.way;
      prepare(request, response, url, way);
      if (step.kind === "led" && (await files.serve(request, response, way.path, status))) return;
      if (status === 404) await files.notFound(request, response);
      else response.writeHead(status).end();
    };

    for (const phase of order) {
      const step = await walk(phases.get(phase) ?? [], way, asked, has);
      if (step.kind === "answered") {
        way = { ...way, headers: step.headers };
        if (step.status >= 400) return fail(step.status);
        response.writeHead(step.status, step.headers).end();
        return;
      }
      if (step.kind === "outside") return outside(request, response, step.url, step.headers);
      way = step.way;
      if (phase === "start" && middleware) {
        const verdict = await middleware(request, response, asked);
        if (verdict.kind === "answered") return;
        way = { ...way, headers: { ...way.headers, ...verdict.headers } };
        if (verdict.kind === "led") {
          const { to } = verdict;
          if (to.origin !== visitedOrigin(request)) return outside(request, response, to, way.headers);
          request.url = to.pathname + to.search;
          url = requestUrl(request);
          asked = askedBy(request, url);
          way = { ...way, path: asked.path, query: asked.query };
        }
      }
      if (await isFound()) return;
    }
    if (app) {
      prepare(request, response, url, way);
      return app(request, response);
    }
    await fail(404);
  };
}

async function outside(
  request: IncomingMessage,
  response: ServerResponse,
  to: URL,
  headers: Way["headers"],
): Promise<void> {
  // Its client is loaded only by those who need one.
  const { sendOutside } = await import("./outside.js");
  return sendOutside(request, response, to, headers);
}

function askedBy(request: IncomingMessage, url: URL): Asked {
  const { method = "GET", headers } = request;
  const host = String(headers["x-forwarded-host"] ?? headers.host ?? "").replace(/:\d+$/, "");
  return { method, host, path: url.pathname, query: url.searchParams, headers };
}

/** Gives the answer what the routes have for it, and the request the parameters that they added. */
function prepare(request: IncomingMessage, response: ServerResponse, url: URL, way: Way): void {
  for (const [name, value] of Object.entries(way.headers)) response.setHeader(name, value);
  if (way.query !== url.searchParams) request.url = `${url.pathname}?${way.query}`;
}
