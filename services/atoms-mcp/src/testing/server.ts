import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type AtomsApp, createApp } from "../app.js";
import { deriveLocalKey } from "../auth/keys.js";
import { mintLocalToken } from "../auth/local-token.js";
import { readConfig } from "../config/index.js";
import type { Deps } from "../services.js";
import type { Driver } from "../storage/database.js";

/** Seconds-long tokens would make tests depend on the clock of the machine. */
const TTL = 3600;

/** A tool's answer, as tests look at it. */
export interface Answer {
  success: boolean;
  // Tests look deep into rows; naming every shape would say nothing more.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  data: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [key: string]: any;
}

/** The JSON of an answer, as tests look at it: deep, and of any shape. */
export async function bodyOf(answer: Response | Promise<Response>): Promise<Answer["data"]> {
  return (await answer).json();
}

/** A server on a free port, with what tests need around it. */
export interface TestServer {
  readonly url: string;
  readonly app: AtomsApp;
  readonly logs: string[];
  token(user: string, ttl?: number): Promise<string>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Calls a tool as a user, through the official client. */
  call(user: string, tool: string, args: Record<string, unknown>): Promise<Answer>;
  client(user: string, modern?: boolean): Promise<Client>;
  close(): Promise<void>;
}

/** An environment in which nothing is limited or injected unless a test says so. */
export const PLAIN: Record<string, string> = { RATE_LIMIT_ENABLED: "false", LOG_LEVEL: "debug" };

/** The driver, protected from being closed by the server that uses it. */
export function shared(driver: Driver): Deps {
  return { openDriver: async () => ({ ...driver, target: driver.target, close: async () => undefined }) };
}

/** Starts a server. */
export async function startServer(env: Record<string, string>, deps: Deps): Promise<TestServer> {
  const logs: string[] = [];
  let start: (app: AtomsApp) => void = () => undefined;
  const ready = new Promise<AtomsApp>((resolve) => {
    start = resolve;
  });
  const server = createAdaptorServer({
    fetch: async (request, bindings) => (await ready).fetch(request, bindings as never),
  }) as Server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = readConfig(env, { host: "127.0.0.1", listenerUrl: url, packageVersion: "0.0.0-test" });
  const app = createApp(config, { writeLog: (line) => logs.push(line), ...deps });
  start(app);

  const clients = new Map<string, Promise<Client>>();
  const token = (user: string, ttl = TTL) =>
    mintLocalToken(deriveLocalKey(config.auth.localSecret), {
      user,
      issuer: config.auth.issuer,
      audience: config.resourceUrl,
      ttl,
      now: app.services.runtime.now(),
    });
  const connect = async (user: string, modern = false) => {
    const client = new Client(
      { name: "atoms-tests", version: "1.0.0" },
      modern ? { versionNegotiation: { mode: { pin: "2026-07-28" } } } : {},
    );
    const headers = { authorization: `Bearer ${await token(user)}` };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${url}/api/mcp`), { requestInit: { headers } }),
    );
    return client;
  };
  return {
    url,
    app,
    logs,
    token,
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers, redirect: "manual" }),
    async call(user, tool, args) {
      let client = clients.get(user);
      if (!client) {
        client = connect(user);
        clients.set(user, client);
      }
      const result = await (await client).callTool({ name: tool, arguments: args });
      const text = (result.content as { text: string }[])[0]?.text ?? "";
      if (result.structuredContent === undefined) return { success: false, data: undefined, error: text };
      return result.structuredContent as Answer;
    },
    client: connect,
    async close() {
      for (const client of clients.values()) await (await client).close();
      await app.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
