/**
 * The process of a deployment that does not listen by itself: imports the user's module and serves what it exports, or
 * serves files, functions or finished Build Output. Usage, with `PORT` set:
 * `module <file> [public folder]`, `static <folder>`, `functions <table> <source> [files]`, `prebuilt <folder>`.
 */
import { resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { NO_FILES, takeOwnRoutes } from "../routing/own-routes.js";
import { routedHandler } from "../routing/routed-handler.js";
import { handlerOf, listen } from "./exported-app.js";
import { withMaxDuration } from "./max-duration.js";
import { StaticFiles } from "./static-files.js";

const LISTENING = Symbol.for("atoms.local-cloud.listening");

const [mode, target, ...rest] = process.argv.slice(2);
const port = Number(process.env["PORT"]);
if (target === undefined) throw new Error("runner.js needs a mode and a file or folder");

if (mode === "static") {
  const { cleanUrls, ...own } = takeOwnRoutes();
  listen(routedHandler({ ...own, files: new StaticFiles(target, { cleanUrls }), app: null }), port);
} else if (mode === "functions") {
  const { FunctionFiles } = await import("./functions.js");
  const { cleanUrls, ...own } = takeOwnRoutes();
  const [source = ".", folder] = rest;
  const beside = folder === undefined ? null : new StaticFiles(folder, { hidden: ["api"], cleanUrls });
  const files = await FunctionFiles.read(target, source, beside);
  listen(routedHandler({ ...own, files, app: null }), port);
} else if (mode === "prebuilt") {
  const { buildOutputHandler } = await import("./build-output.js");
  listen(await buildOutputHandler(target, takeOwnRoutes()), port);
} else {
  await runModule(target, rest[0]);
}

async function runModule(file: string, folder: string | undefined): Promise<void> {
  const module = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  await turn();
  if ((globalThis as Record<symbol, unknown>)[LISTENING] === true) return;
  const handler = await handlerOf(module);
  // Without a usable export the module may still be about to listen; if not, the process ends and the log says so.
  if (!handler) return;
  const { cleanUrls, maxDuration, ...own } = takeOwnRoutes();
  const files = folder === undefined ? NO_FILES : new StaticFiles(folder, { cleanUrls });
  const app = withMaxDuration(handler, maxDuration);
  // Most apps have neither rules nor files beside them, and need nobody in between.
  const isAlone = folder === undefined && own.routes.length === 0 && own.middleware === null;
  listen(isAlone ? app : routedHandler({ ...own, files, app }), port);
}
