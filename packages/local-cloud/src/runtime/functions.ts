import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { requestUrl } from "../request-url.js";
import { handlerOf, type NodeHandler } from "./exported-app.js";
import { withHelpers } from "./node-function.js";
import type { StaticFiles } from "./static-files.js";

interface Route {
  readonly pattern: string;
  readonly names: readonly string[];
  readonly file: string;
}

const loaded = new Map<string, Promise<NodeHandler>>();

/** The handler that a function's file exports; loaded once, when it is first wanted. */
export function functionOf(file: string): Promise<NodeHandler> {
  let handler = loaded.get(file);
  if (!handler) {
    handler = load(file);
    loaded.set(file, handler);
    // A file that cannot be loaded now may be loadable at the next try, like on Vercel after a cold start.
    handler.catch(() => loaded.delete(file));
  }
  return handler;
}

async function load(file: string): Promise<NodeHandler> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const handler = await handlerOf(module);
  if (!handler) throw new Error(`The function ${file} exports no handler.`);
  const exported = module["default"];
  const isNodeStyle = typeof exported === "function" && exported.length >= 2 && !("fetch" in exported);
  return isNodeStyle ? withHelpers(handler) : handler;
}

/** Serves files, then functions by the table of their paths. */
export async function functionsHandler(
  table: string,
  source: string,
  files: StaticFiles | null,
): Promise<NodeHandler> {
  const routes = (JSON.parse(await readFile(table, "utf8")) as Route[]).map((route) => ({
    ...route,
    pattern: new RegExp(route.pattern),
  }));
  return async (request, response) => {
    const url = requestUrl(request);
    for (const { pattern, names, file } of routes) {
      const match = pattern.exec(url.pathname);
      if (!match) continue;
      for (const [i, name] of names.entries())
        url.searchParams.append(name, decodeURIComponent(match[i + 1] ?? ""));
      if (names.length > 0) request.url = url.pathname + url.search;
      await (await functionOf(resolve(source, file)))(request, response);
      return;
    }
    if (files && (await files.serve(request, response))) return;
    if (files) await files.notFound(request, response);
    else response.writeHead(404, { "x-vercel-error": "NOT_FOUND" }).end("NOT_FOUND\n");
  };
}
