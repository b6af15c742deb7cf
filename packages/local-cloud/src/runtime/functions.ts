import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { decodedPath, requestUrl } from "../request-url.js";
import type { Filesystem } from "../routing/routed-handler.js";
import { handlerOf, type NodeHandler } from "./exported-app.js";
import { withMaxDuration } from "./max-duration.js";
import { withHelpers } from "./node-function.js";
import type { StaticFiles } from "./static-files.js";

interface Route {
  readonly pattern: string;
  readonly names: readonly string[];
  readonly file: string;
  /** In seconds; absent from tables that an earlier version wrote. */
  readonly maxDuration?: number | null;
}

const loaded = new Map<string, Promise<NodeHandler>>();

/**
 * The handler that a function's file exports; loaded once, when it is first wanted.
 * @param hasHelpers whether one written as `(request, response)` is given the members that Vercel adds to both. They read the
 *   body before it does.
 */
export function functionOf(file: string, hasHelpers = true): Promise<NodeHandler> {
  let handler = loaded.get(file);
  if (!handler) {
    handler = load(file, hasHelpers);
    loaded.set(file, handler);
    // A file that cannot be loaded now may be loadable at the next try, like on Vercel after a cold start.
    handler.catch(() => loaded.delete(file));
  }
  return handler;
}

async function load(file: string, hasHelpers: boolean): Promise<NodeHandler> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const handler = await handlerOf(module);
  if (!handler) throw new Error(`The function ${file} exports no handler.`);
  const exported = module["default"];
  const isNodeStyle = typeof exported === "function" && exported.length >= 2 && !("fetch" in exported);
  return isNodeStyle && hasHelpers ? withHelpers(handler) : handler;
}

/** Functions by the table of their paths, and the files beside them, if there are any. */
export class FunctionFiles implements Filesystem {
  private constructor(
    private readonly routes: readonly (Omit<Route, "pattern"> & { readonly pattern: RegExp })[],
    private readonly files: StaticFiles | null,
  ) {}

  /** Reads the table. @param source the folder that its files are in */
  static async read(table: string, source: string, files: StaticFiles | null): Promise<FunctionFiles> {
    const routes = (JSON.parse(await readFile(table, "utf8")) as Route[]).map((route) => ({
      ...route,
      pattern: new RegExp(route.pattern),
      file: resolve(source, route.file),
    }));
    return new FunctionFiles(routes, files);
  }

  async has(path: string): Promise<boolean> {
    const isFunction = this.routes.some(({ pattern }) => pattern.test(withoutEnding(path)));
    return isFunction || (await this.files?.has(path)) === true;
  }

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    status?: number,
  ): Promise<boolean> {
    for (const { pattern, names, file, maxDuration } of this.routes) {
      const match = pattern.exec(withoutEnding(path));
      if (!match) continue;
      const url = requestUrl(request);
      for (const [i, name] of names.entries())
        url.searchParams.append(name, decodedPath(match[i + 1] ?? "") ?? "");
      if (names.length > 0) request.url = url.pathname + url.search;
      await withMaxDuration(await functionOf(file), maxDuration ?? null)(request, response);
      return true;
    }
    return (await this.files?.serve(request, response, path, status)) === true;
  }

  async notFound(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.files) await this.files.notFound(request, response);
    else response.writeHead(404, { "x-vercel-error": "NOT_FOUND" }).end("NOT_FOUND\n");
  }
}

/** A function is also found by the name of its file, as routes of older projects give it: `/api/index.js`. */
const withoutEnding = (path: string): string =>
  path.replace(/^(\/api\/.+?)\.[cm]?[jt]s$/, "$1").replace(/^(\/api(?:\/.+)?)\/index$/, "$1");
