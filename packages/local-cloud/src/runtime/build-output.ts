import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, resolve, sep } from "node:path";
import { decodedPath } from "../request-url.js";
import { inTurn, type Middleware, middlewareOf } from "../routing/middleware.js";
import type { Route } from "../routing/route.js";
import { type Filesystem, type Led, routedHandler } from "../routing/routed-handler.js";
import type { NodeHandler } from "./exported-app.js";
import { functionOf } from "./functions.js";
import { withMaxDuration } from "./max-duration.js";
import { StaticFiles, type StaticOptions } from "./static-files.js";

/**
 * Serves Build Output API v3: the routes, middleware and overrides of `config.json`, `static/` files and Node functions.
 * @param own routes of the deployment itself, each before those of the output in its phase, and its middleware
 */
export async function buildOutputHandler(
  folder: string,
  own: Pick<Led, "routes" | "middleware">,
): Promise<NodeHandler> {
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as {
    version?: number;
    routes?: Route[];
    overrides?: StaticOptions["overrides"];
  };
  if (config.version !== 3) throw new Error("Only version 3 of the Build Output API is known.");
  const { routes = [] } = config;
  const middlewares = await middlewaresOf(join(folder, "functions"), routes);
  return routedHandler({
    routes: [
      ...own.routes,
      { handle: "start" },
      ...routes.filter(({ middlewarePath }) => middlewarePath === undefined),
    ],
    middleware: inTurn([...(own.middleware ? [own.middleware] : []), ...middlewares]),
    files: new BuildOutputFiles(folder, config.overrides),
    app: null,
  });
}

/** The functions that routes show requests to, each for those of its routes. */
async function middlewaresOf(functions: string, routes: readonly Route[]): Promise<Middleware[]> {
  const seen = new Map<string, Route[]>();
  for (const route of routes)
    if (route.middlewarePath !== undefined)
      seen.set(route.middlewarePath, [...(seen.get(route.middlewarePath) ?? []), route]);
  return Promise.all(
    [...seen].map(async ([path, own]) => {
      const place = resolve(functions, `./${path}.func`);
      const { handler, entrypoint } = await configOf(place);
      return middlewareOf(fileIn(place, handler ?? entrypoint), own);
    }),
  );
}

/** The functions and files of a Build Output; a function comes before a file of the same path. */
class BuildOutputFiles implements Filesystem {
  readonly #functions: string;
  readonly #static: StaticFiles;

  constructor(folder: string, overrides: StaticOptions["overrides"]) {
    this.#functions = join(folder, "functions");
    this.#static = new StaticFiles(join(folder, "static"), overrides ? { overrides } : {});
  }

  async has(path: string): Promise<boolean> {
    return this.#functionAt(path) !== null || this.#static.has(path);
  }

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    status?: number,
  ): Promise<boolean> {
    const place = this.#functionAt(path);
    if (place === null) return this.#static.serve(request, response, path, status);
    const handler = await handlerAt(place);
    // By this the function of a framework knows which of its pages is meant, whatever path was asked for.
    addHeader(request, "x-matched-path", path);
    if (status !== undefined) response.statusCode = status;
    await handler(request, response);
    return true;
  }

  notFound(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#static.notFound(request, response);
  }

  /** The folder of the function at a path, if there is one. */
  #functionAt(path: string): string | null {
    const decoded = decodedPath(path);
    if (decoded === null) return null;
    const bare = decoded.replace(/\/+$/, "");
    for (const name of bare === "" ? ["/index"] : [bare, `${bare}/index`]) {
      const place = resolve(this.#functions, `.${name}.func`);
      if (place.startsWith(this.#functions + sep) && existsSync(join(place, ".vc-config.json"))) return place;
    }
    return null;
  }
}

async function handlerAt(place: string): Promise<NodeHandler> {
  const { runtime, handler, maxDuration, shouldAddHelpers } = await configOf(place);
  if (!runtime?.startsWith("nodejs")) {
    throw new Error(
      `The function at ${place} has the runtime "${runtime}"; only Node functions can be run here.`,
    );
  }
  const run = await functionOf(fileIn(place, handler), shouldAddHelpers === true);
  return withMaxDuration(run, maxDuration ?? null);
}

interface FunctionConfig {
  readonly runtime?: string;
  readonly handler?: string;
  /** Instead of a handler, for middleware that was built for the edge runtime. */
  readonly entrypoint?: string;
  readonly maxDuration?: number;
  readonly shouldAddHelpers?: boolean;
}

async function configOf(place: string): Promise<FunctionConfig> {
  return JSON.parse(await readFile(join(place, ".vc-config.json"), "utf8")) as FunctionConfig;
}

function fileIn(place: string, name: string | undefined): string {
  const file = resolve(place, name ?? "");
  if (!file.startsWith(place + sep)) throw new Error(`${place} names no file of its own folder.`);
  return file;
}

function addHeader(request: IncomingMessage, name: string, value: string): void {
  request.headers[name] = value;
  request.rawHeaders.push(name, value);
}
