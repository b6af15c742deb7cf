import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import type { NodeHandler } from "../runtime/exported-app.js";
import { withMaxDuration } from "../runtime/max-duration.js";
import type { Middleware } from "./middleware.js";
import type { Route } from "./route.js";
import { type Filesystem, routedHandler } from "./routed-handler.js";

/** Names the file with the routes of a deployment, for its process. */
export const ROUTES_VARIABLE = "LOCAL_CLOUD_ROUTES";

/** What a build writes down of a deployment's paths, and of the time that its app may take. */
export interface OwnRoutes {
  readonly routes: readonly Route[];
  readonly cleanUrls: boolean;
  /** In seconds; null for no limit. Functions in files of their own have theirs in their table. */
  readonly maxDuration: number | null;
  /** The file of its middleware, from the folder of this one; null for none. */
  readonly middleware: string | null;
}

/** The same, ready to be applied. */
type Loaded = Omit<OwnRoutes, "middleware"> & { readonly middleware: Middleware | null };

let isTaken = false;
const routed = new WeakSet<Server>();

/** The routes of the deployment that this process belongs to. Whoever takes them applies them; no server is given them then. */
export function takeOwnRoutes(): Loaded {
  isTaken = true;
  return loadOwnRoutes();
}

function loadOwnRoutes(): Loaded {
  const path = process.env[ROUTES_VARIABLE];
  if (path === undefined) return { routes: [], cleanUrls: false, maxDuration: null, middleware: null };
  const own = JSON.parse(readFileSync(path, "utf8")) as OwnRoutes;
  return {
    ...own,
    middleware: own.middleware === null ? null : inTime(join(dirname(path), own.middleware)),
  };
}

/** Loaded at the first request: most deployments have none, and all of them begin here. */
function inTime(file: string): Middleware {
  let loading: Promise<Middleware> | undefined;
  return async (request, response, asked) => {
    loading ??= import("./middleware.js").then(({ middlewareOf }) => middlewareOf(file));
    return (await loading)(request, response, asked);
  };
}

/** For a process whose files are its own affair. */
export const NO_FILES: Filesystem = {
  has: async () => false,
  serve: async () => false,
  notFound: async (_request, response) => void response.writeHead(404).end(),
};

/**
 * Puts the routes of the deployment in front of a server that a deployment's own code has made, unless they are taken. Code
 * that first tries whether the port is free comes here more than once, with one server or several; each has them.
 */
export function routeServer(server: Server): void {
  if (isTaken || routed.has(server)) return;
  routed.add(server);
  const { routes, maxDuration, middleware } = loadOwnRoutes();
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  const app: NodeHandler = (request, response) => {
    // Outside of any promise, as without routes: what the code throws is the process's affair.
    process.nextTick(emit, "request", request, response);
  };
  const handler = routedHandler({
    routes,
    middleware,
    files: NO_FILES,
    app: withMaxDuration(app, maxDuration),
  });
  server.emit = ((event: string, ...args: unknown[]) => {
    if (event !== "request") return emit(event, ...args);
    const [request, response] = args as Parameters<typeof handler>;
    void Promise.resolve(handler(request, response)).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
    return true;
  }) as Server["emit"];
}
