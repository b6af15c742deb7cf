import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type AtomsApp, createApp } from "../app.js";
import { readConfig, readPort, unknownVariables } from "../config/index.js";
import { beforeListening, startBackgroundFaults } from "../faults/start.js";
import { errorFields } from "../observe/log.js";
import { PACKAGE_VERSION } from "../package-version.js";
import { realRuntime } from "../runtime.js";

const DRAIN_MS = 10_000;
/** How long the first line waits for the store. */
const OPENING_MS = 15_000;

/**
 * Serves until a signal: says where on stdout once `/health` can answer, drains on the first signal, exits at once on
 * the second.
 * @param options host and port from the command line
 */
export async function serve(
  env: NodeJS.ProcessEnv,
  options: { host?: string | undefined; port?: number | undefined },
): Promise<void> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? readPort(env);
  const around = (bound: number) => ({
    host,
    listenerUrl: urlOf(host, bound),
    packageVersion: PACKAGE_VERSION,
  });
  // Read before listening, so that a bad configuration or an injected start fault never opens the port.
  const early = readConfig(env, around(port));
  await beforeListening(early.faults, realRuntime);

  let start: (app: AtomsApp) => void = () => undefined;
  const started = new Promise<AtomsApp>((resolve) => {
    start = resolve;
  });
  const server = createAdaptorServer({
    fetch: async (request, bindings) => (await started).fetch(request, bindings as never),
  }) as Server;
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  const config = readConfig(env, around(bound));
  const app = createApp(config);
  const { log, metrics } = app.services;
  start(app);

  for (const name of unknownVariables(env)) log("warn", "unknown_variable", { name });
  if (config.database.dumpToken !== undefined && config.database.url !== undefined)
    log("warn", "variable_without_effect", {
      name: "ATOMS_DATABASE_DUMP_TOKEN",
      because: "DATABASE_URL is set: that database is dumped by pg_dump",
    });
  if (config.faults.length > 0)
    log("warn", "fault_injection_enabled", { clauses: config.faults.map((f) => f.clause) });
  const stopFaults = startBackgroundFaults(config.faults, config.faultDelayMs, realRuntime, (kind) =>
    metrics.faults.add({ kind }),
  );
  onSignals(() => {
    app.drain();
    log("info", "draining");
    return shutDown(server, app).then(stopFaults);
  });
  await openStore(app);
  const url = urlOf(host, bound);
  process.stdout.write(
    `${JSON.stringify({ event: "listening", url, pid: process.pid, version: config.version, environment: config.env })}\n`,
  );
}

/**
 * Opens and migrates the store, so that `/health` has an answer from the start. A store that cannot be opened does not
 * keep the server from listening: `/health` then says so, and opening is tried again with use.
 */
async function openStore(app: AtomsApp): Promise<void> {
  const { database, log } = app.services;
  const late = new AbortController();
  const opening = database
    .asService("open", (sql) => sql.query("select 1"))
    .catch((error: unknown) => log("error", "store_not_opened", errorFields(error)));
  await Promise.race([opening, realRuntime.sleep(OPENING_MS, late.signal)]);
  late.abort();
  await app.services.health.findings();
}

function onSignals(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(0);
    stopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

/** New connections are refused at once; requests in flight get ten seconds. */
async function shutDown(server: Server, app: AtomsApp): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const done = new AbortController();
  await Promise.race([closed, realRuntime.sleep(DRAIN_MS, done.signal)]);
  done.abort();
  clearInterval(idle);
  server.closeAllConnections();
  await app.close();
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
