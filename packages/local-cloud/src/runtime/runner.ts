/**
 * The process of a deployment that does not listen by itself: imports the user's module and serves what it exports, or
 * serves files, functions or finished Build Output. Usage, with `PORT` set:
 * `module <file> [public folder]`, `static <folder>`, `functions <table> <source> [files]`, `prebuilt <folder>`.
 */
import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { buildOutputHandler } from "./build-output.js";
import { handlerOf, listen, type NodeHandler } from "./exported-app.js";
import { functionsHandler } from "./functions.js";
import { StaticFiles } from "./static-files.js";

const LISTENING = Symbol.for("atoms.local-cloud.listening");

const [mode, target, ...rest] = process.argv.slice(2);
const port = Number(process.env["PORT"]);
if (target === undefined) throw new Error("runner.js needs a mode and a file or folder");

if (mode === "static") {
  const files = new StaticFiles(target);
  listen(async (request, response) => {
    if (!(await files.serve(request, response))) await files.notFound(request, response);
  }, port);
} else if (mode === "functions") {
  const files = rest[1] === undefined ? null : new StaticFiles(rest[1], ["api"]);
  listen(await functionsHandler(target, rest[0] ?? ".", files), port);
} else if (mode === "prebuilt") {
  listen(await buildOutputHandler(target), port);
} else {
  await runModule(target, rest[0]);
}

async function runModule(file: string, folder: string | undefined): Promise<void> {
  const module = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  await turn();
  if ((globalThis as Record<symbol, unknown>)[LISTENING] === true) return;
  const handler = await handlerOf(module);
  // Without a usable export the module may still be about to listen; if not, the process ends and the log says so.
  if (handler) listen(folder === undefined ? handler : withFiles(handler, new StaticFiles(folder)), port);
}

function withFiles(handler: NodeHandler, files: StaticFiles): NodeHandler {
  return async (request, response) => {
    if (!(await files.serve(request, response))) await handler(request, response);
  };
}
