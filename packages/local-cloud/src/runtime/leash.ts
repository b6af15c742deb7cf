/**
 * Loaded into every Node process of a deployment before its own code (`--import`). It ends the process group
 * when the cloud that started it is gone, keeps listeners on the loopback address, and puts the deployment's routes, if it
 * has any, in front of the server on `PORT`.
 */
import type { Server as HttpServer } from "node:http";
import { Server, Socket } from "node:net";
import { isMainThread } from "node:worker_threads";

const LOOPBACK = "127.0.0.1";
const EVERYWHERE = new Set(["0.0.0.0", "::", "localhost", ""]);

/** Set on `globalThis` as soon as anything in this process listens; the runner looks at it. */
const LISTENING = Symbol.for("atoms.local-cloud.listening");

if (isMainThread && process.env["LOCAL_CLOUD_LEASH"] === "3") {
  // A fork inherits variables but not the descriptor, so the word is for this process alone.
  delete process.env["LOCAL_CLOUD_LEASH"];
  const leash = new Socket({ fd: 3, readable: true, writable: false });
  leash.on("error", () => undefined);
  leash.on("close", () => {
    process.kill(0, "SIGTERM");
    setTimeout(() => process.kill(0, "SIGKILL"), 1_000);
  });
  leash.resume();
  leash.unref();
}

// Loaded only where there are routes: every process of every deployment starts with this file.
const routing =
  process.env["LOCAL_CLOUD_ROUTES"] === undefined ? null : await import("../routing/own-routes.js");

const listen = Server.prototype.listen as (...args: unknown[]) => Server;
Server.prototype.listen = function (this: Server, ...args: unknown[]) {
  (globalThis as Record<symbol, unknown>)[LISTENING] = true;
  if (routing && String(portOf(args)) === process.env["PORT"] && "requestTimeout" in this)
    routing.routeServer(this as HttpServer);
  return listen.apply(this, onLoopback(args));
} as typeof Server.prototype.listen;

function onLoopback(args: unknown[]): unknown[] {
  const [first, second, ...rest] = args;
  if (typeof first === "object" && first !== null) {
    const options = first as { port?: unknown; host?: unknown; path?: unknown; fd?: unknown };
    if (options.port === undefined || options.path !== undefined) return args;
    if (typeof options.host === "string" && !EVERYWHERE.has(options.host)) return args;
    return [{ ...options, host: LOOPBACK }, second, ...rest];
  }
  const isPort = typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first));
  if (!isPort) return args;
  if (typeof second === "string") return [first, EVERYWHERE.has(second) ? LOOPBACK : second, ...rest];
  if (typeof second === "function") return [first, LOOPBACK, second, ...rest];
  if (typeof second === "number") return [first, LOOPBACK, second, ...rest];
  return [first, LOOPBACK, ...rest];
}

function portOf([first]: unknown[]): unknown {
  return typeof first === "object" && first !== null ? (first as { port?: unknown }).port : first;
}
