import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, resolve, sep } from "node:path";
import { decodedPath } from "../request-url.js";
import type { Route } from "../routing/route.js";
import { type Filesystem, type Led, routedHandler } from "../routing/routed-handler.js";
import type { NodeHandler } from "./exported-app.js";
import { functionOf } from "./functions.js";
import { withMaxDuration } from "./max-duration.js";
import { StaticFiles, type StaticOptions } from "./static-files.js";

/**
 * Serves Build Output API v3: the routes and overrides of `config.json`, `static/` files and Node functions.
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
  return routedHandler({
    routes: [...own.routes, { handle: "start" }, ...(config.routes ?? [])],
    middleware: own.middleware,
    files: new BuildOutputFiles(folder, config.overrides),
    app: null,
  });
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
    const place = resolve(this.#functions, `.${decoded.replace(/\/$/, "") || "/index"}.func`);
    const isThere = place.startsWith(this.#functions + sep) && existsSync(join(place, ".vc-config.json"));
    return isThere ? place : null;
  }
}

async function handlerAt(place: string): Promise<NodeHandler> {
  const { runtime, handler, maxDuration } = JSON.parse(
    await readFile(join(place, ".vc-config.json"), "utf8"),
  ) as {
    runtime?: string;
    handler?: string;
    maxDuration?: number;
  };
  if (handler === undefined || !runtime?.startsWith("nodejs")) {
    throw new Error(
      `The function at ${place} has the runtime "${runtime}"; only Node functions can be run here.`,
    );
  }
  const file = resolve(place, handler);
  if (!file.startsWith(place + sep)) throw new Error(`The handler of ${place} leads out of its folder.`);
  return withMaxDuration(await functionOf(file), maxDuration ?? null);
}
