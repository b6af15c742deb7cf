import { afterAll, afterEach, beforeAll } from "vitest";
import { type ManualRuntime, manualRuntime } from "./manual-runtime.js";
import { PLAIN, shared, startServer, type TestServer } from "./server.js";
import { STORES, type TestStore } from "./stores.js";

export const PROBE = { "x-atoms-probe": "probe-secret" };
export const JSON_RPC = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** One server at a time on one store, with a clock that stands still: how tests of the HTTP surface are told. */
export interface HttpTests {
  readonly server: TestServer;
  readonly runtime: ManualRuntime;
  readonly store: TestStore;
  /** Starts the server of this test; with parts of its own if given. */
  start(env?: Record<string, string>, deps?: Parameters<typeof startServer>[1]): Promise<void>;
  bearer(user?: string, ttl?: number): Promise<{ authorization: string }>;
  send(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<Response>;
}

/** Registers the hooks of a test file and hands out its words. */
export function httpTests(): HttpTests {
  let store: TestStore;
  let server: TestServer | undefined;
  let runtime = manualRuntime();
  beforeAll(async () => {
    store = await (STORES[0] as (typeof STORES)[number]).open();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await store.empty();
  });
  afterAll(() => store?.close());
  const running = () => {
    if (!server) throw new Error("this test has not started a server");
    return server;
  };
  return {
    get server() {
      return running();
    },
    get runtime() {
      return runtime;
    },
    get store() {
      return store;
    },
    async start(env = {}, deps) {
      await server?.close();
      runtime = manualRuntime(Date.now());
      const all = { ...PLAIN, ATOMS_PROBE_TOKEN: "probe-secret", ...env };
      server = await startServer(all, { ...(deps ?? shared(store.driver)), runtime });
    },
    bearer: async (user = "alice", ttl) => ({ authorization: `Bearer ${await running().token(user, ttl)}` }),
    send: (method, path, headers = {}, body) =>
      fetch(`${running().url}${path}`, {
        method,
        headers,
        redirect: "manual",
        ...(body === undefined ? {} : { body }),
      }),
  };
}
