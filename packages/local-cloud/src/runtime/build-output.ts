import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, resolve, sep } from "node:path";
import { requestUrl } from "../request-url.js";
import type { NodeHandler } from "./exported-app.js";
import { functionOf } from "./functions.js";
import { StaticFiles } from "./static-files.js";

const HOPS_MAX = 20;

interface Route {
  readonly src?: string;
  readonly dest?: string;
  readonly handle?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly methods?: readonly string[];
  readonly continue?: boolean;
}

/**
 * Serves Build Output API v3: `config.json` routes, `static/` files and Node functions. Routes before
 * `{"handle":"filesystem"}` come first, then files and functions, then the rest; of the later phases `miss` and `error`
 * are known.
 */
export async function buildOutputHandler(folder: string): Promise<NodeHandler> {
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as {
    version?: number;
    routes?: Route[];
  };
  if (config.version !== 3) throw new Error("Only version 3 of the Build Output API is known.");
  const phases = phasesOf(config.routes ?? []);
  const files = new StaticFiles(join(folder, "static"));
  return async (request, response) => {
    const first = applied(request, response, phases.get("start") ?? []);
    if (first === "answered") return;
    for (const phase of ["filesystem", "miss"]) {
      if (await fromFolder(folder, files, request, response)) return;
      const outcome = applied(request, response, phases.get(phase) ?? []);
      if (outcome === "answered") return;
      if (outcome === "moved" && (await fromFolder(folder, files, request, response))) return;
    }
    applied(
      request,
      response,
      (phases.get("error") ?? []).filter((route) => route.status === undefined || route.status === 404),
    );
    if (response.writableEnded) return;
    if (!(await fromFolder(folder, files, request, response, 404))) await files.notFound(request, response);
  };
}

function phasesOf(routes: readonly Route[]): Map<string, Route[]> {
  const phases = new Map<string, Route[]>();
  let phase = "start";
  for (const route of routes) {
    if (route.handle !== undefined) phase = route.handle;
    else phases.set(phase, [...(phases.get(phase) ?? []), route]);
  }
  return phases;
}

/** Applies routes in order. `moved`: the request has another path now. */
function applied(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
): "answered" | "moved" | "same" {
  let moved = false;
  for (const [hop, route] of routes.entries()) {
    if (hop > HOPS_MAX * 100 || route.src === undefined) continue;
    if (route.methods && !route.methods.includes(request.method ?? "GET")) continue;
    const url = requestUrl(request);
    const match = new RegExp(route.src.startsWith("^") ? route.src : `^${route.src}$`).exec(url.pathname);
    if (!match) continue;
    const filled = (text: string) =>
      text.replace(/\$(\d+|\w+)/g, (_, key: string) => match[Number(key)] ?? match.groups?.[key] ?? "");
    for (const [name, value] of Object.entries(route.headers ?? {})) response.setHeader(name, filled(value));
    if (
      route.status !== undefined &&
      (route.dest === undefined || (route.status >= 300 && route.status < 400))
    ) {
      response.writeHead(route.status).end();
      return "answered";
    }
    if (route.dest !== undefined) {
      const target = new URL(filled(route.dest), "http://local");
      for (const [name, value] of url.searchParams)
        if (!target.searchParams.has(name)) target.searchParams.append(name, value);
      request.url = target.pathname + target.search;
      moved = true;
    }
    if (!route.continue) break;
  }
  return moved ? "moved" : "same";
}

/** Answers with the function or file of the request's path. @returns false when there is neither */
async function fromFolder(
  folder: string,
  files: StaticFiles,
  request: IncomingMessage,
  response: ServerResponse,
  status?: number,
): Promise<boolean> {
  const path = decodeURIComponent(requestUrl(request).pathname).replace(/\/$/, "") || "/index";
  const root = join(folder, "functions");
  const place = resolve(root, `.${path}.func`);
  const handler = place.startsWith(root + sep) ? await handlerAt(place) : null;
  if (handler) {
    await handler(request, response);
    return true;
  }
  return files.serve(request, response, status);
}

async function handlerAt(place: string): Promise<NodeHandler | null> {
  const config = join(place, ".vc-config.json");
  if (!existsSync(config)) return null;
  const { runtime, handler } = JSON.parse(await readFile(config, "utf8")) as {
    runtime?: string;
    handler?: string;
  };
  if (handler === undefined || !runtime?.startsWith("nodejs")) {
    throw new Error(
      `The function at ${place} has the runtime "${runtime}"; only Node functions can be run here.`,
    );
  }
  const file = resolve(place, handler);
  if (!file.startsWith(place + sep)) throw new Error(`The handler of ${place} leads out of its folder.`);
  return functionOf(file);
}
