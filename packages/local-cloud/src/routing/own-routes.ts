import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Route } from "./route.js";
import { type Filesystem, routedHandler } from "./routed-handler.js";

/** Names the file with the routes of a deployment, for its process. */
export const ROUTES_VARIABLE = "LOCAL_CLOUD_ROUTES";

/** What a deployment's `vercel.json` and framework say of its paths. */
export interface OwnRoutes {
  readonly routes: readonly Route[];
  readonly cleanUrls: boolean;
}

/** The routes of the deployment that this process belongs to. Whoever takes them applies them; they are given once. */
export function takeOwnRoutes(): OwnRoutes {
  const path = process.env[ROUTES_VARIABLE];
  delete process.env[ROUTES_VARIABLE];
  return path === undefined
    ? { routes: [], cleanUrls: false }
    : (JSON.parse(readFileSync(path, "utf8")) as OwnRoutes);
}

/** For a process whose files are its own affair. */
export const NO_FILES: Filesystem = {
  has: async () => false,
  serve: async () => false,
  notFound: async (_request, response) => void response.writeHead(404).end(),
};

/** Puts the routes of the deployment in front of a server that a deployment's own code has made. */
export function routeServer(server: Server): void {
  const { routes } = takeOwnRoutes();
  if (routes.length === 0) return;
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  const handler = routedHandler(routes, NO_FILES, (request, response) => {
    // Outside of any promise, as without routes: what the code throws is the process's affair.
    process.nextTick(emit, "request", request, response);
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
