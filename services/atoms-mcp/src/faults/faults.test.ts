import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FaultSyntaxError, parseDuration, parseFaults } from "../config/faults.js";
import { type ManualRuntime, manualRuntime } from "../testing/manual-runtime.js";
import { bodyOf, PLAIN, shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";
import { exactShare } from "./share.js";
import { beforeListening, startBackgroundFaults } from "./start.js";

const PROBE = { "x-atoms-probe": "probe-secret" };

describe("ATOMS_FAULT as written", () => {
  it.each([
    ["error_rate:0.05", { kind: "error_rate", share: 50_000, scope: "mcp" }],
    ["latency:+900ms~0.1@all", { kind: "latency", ms: 900, share: 100_000, scope: "all" }],
    ["latency:+2s", { kind: "latency", ms: 2000, share: 1_000_000 }],
    ["crash", { kind: "crash", after: "start" }],
    ["crash:after=50req", { kind: "crash", after: { requests: 50 } }],
    ["crash:after=20s", { kind: "crash", after: { ms: 20_000 } }],
    ["db:+200ms", { kind: "db", down: false, ms: 200 }],
    ["version:stale=v1", { kind: "version", stale: "v1" }],
    ["memory:+256MB", { kind: "memory", bytes: 268_435_456 }],
  ])("reads %s", (text, fault) => expect(parseFaults(text)).toMatchObject([fault]));

  it.each([
    "error_rate",
    "error_rate:2",
    "error_rate:-1",
    "latency:300ms",
    "latency:+300",
    "hang:0",
    "health:sick",
    "db:up",
  ])("refuses %s", (text) => expect(() => parseFaults(text)).toThrow(FaultSyntaxError));
  it.each([
    "nonsense",
    "crash:later",
    "memory:+2048MB",
    "cors:on",
    "tools:missing=",
    "error_rate:0.1@moon",
    "login:404",
  ])("refuses %s", (text) => expect(() => parseFaults(text)).toThrow(FaultSyntaxError));

  it("reads durations back", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 3_600_000 }), (ms) => parseDuration(`${ms}ms`) === ms));
    expect(parseDuration("5h")).toBeUndefined();
  });

  it("fires floor(n * share) times in n requests, whatever the share", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 500 }),
        (millionths, n) => {
          const fires = exactShare(millionths);
          const fired = Array.from({ length: n }, () => fires()).filter(Boolean).length;
          return fired === Math.floor((n * millionths) / 1_000_000);
        },
      ),
    );
  });
});

describe("before listening and in the background", () => {
  it("crash ends the process with 70 before listening, slow_start waits", async () => {
    const runtime = manualRuntime();
    await beforeListening(parseFaults("crash"), runtime);
    expect(runtime.exits).toEqual([70]);
    const waiting = beforeListening(parseFaults("slow_start:8s"), runtime);
    await runtime.sleeper(8000);
    runtime.advance(8000);
    await waiting;
    await beforeListening(parseFaults("health:error,crash:after=5s"), runtime);
    expect(runtime.exits).toEqual([70]);
  });

  it("memory, cpu and a timed crash take effect by themselves, and are given back", async () => {
    const runtime = manualRuntime();
    const kinds: string[] = [];
    const before = process.memoryUsage.rss();
    const cpu = process.cpuUsage();
    const faults = parseFaults("memory:+64MB,cpu:0.9,crash:after=1ms");
    const stop = startBackgroundFaults(faults, 0, runtime, (kind) => kinds.push(kind));
    await expect.poll(() => runtime.exits.length + kinds.length, { timeout: 900 }).toBe(3);
    expect(process.memoryUsage.rss() - before).toBeGreaterThan(48 * 1024 * 1024);
    await expect
      .poll(() => process.cpuUsage(cpu).user, { timeout: 900, interval: 50 })
      .toBeGreaterThan(100_000);
    stop();
    expect(runtime.exits).toEqual([70]);
    expect(kinds.sort()).toEqual(["cpu", "memory"]);
  });
});

describe("faults of a running server", () => {
  let store: TestStore;
  let server: TestServer;
  let runtime: ManualRuntime;
  beforeAll(async () => {
    store = await (STORES[0] as (typeof STORES)[number]).open();
  });
  afterEach(() => server.close());
  afterAll(() => store.close());

  const start = async (faults: string, env: Record<string, string> = {}) => {
    runtime = manualRuntime(Date.now());
    const all = {
      ...PLAIN,
      ATOMS_PROBE_TOKEN: "probe-secret",
      ATOMS_VERSION: "v9",
      ATOMS_FAULT: faults,
      ...env,
    };
    server = await startServer(all, { ...shared(store.driver), runtime });
  };
  const tools = async (headers: Record<string, string> = {}) =>
    server.get("/api/mcp/tools", { authorization: `Bearer ${await server.token("alice")}`, ...headers });
  const statuses = async (n: number, ask: () => Promise<Response>) => {
    const seen: number[] = [];
    for (let i = 0; i < n; i += 1) seen.push((await ask()).status);
    return seen;
  };
  const health = () => server.get("/health", PROBE);
  const workspace = () => server.call("alice", "workspace_tool", { operation: "get_context" });

  it("without the variable nothing is injected, and nothing is counted", async () => {
    await start("");
    expect(await statuses(10, tools)).toEqual(Array(10).fill(200));
    expect(await bodyOf(health())).toMatchObject({ status: "healthy", version: "v9" });
    expect((await server.get("/api/mcp/tools")).status).toBe(401);
    expect((await server.get("/auth/login")).status).toBe(302);
    expect((await fetch(`${server.url}/api/mcp`, { method: "OPTIONS" })).status).toBe(204);
    expect((await workspace()).success).toBe(true);
    expect((await bodyOf(tools())).count).toBe(5);
    expect(runtime.exits).toEqual([]);
    expect(await (await server.get("/metrics", PROBE)).text()).not.toContain("atoms_fault");
    expect(server.logs.join("")).not.toContain("fault");
  });

  it("error_rate fails an exact share of authenticated requests, and refusals neither fire nor count", async () => {
    await start("error_rate:0.2");
    const bad = () => server.get("/api/mcp/tools");
    const seen: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      expect((await bad()).status).toBe(401);
      seen.push((await tools()).status);
    }
    expect(seen).toEqual([200, 200, 200, 200, 500, 200, 200, 200, 200, 500]);
    const body = await (await fetch(`${server.url}/health`)).text();
    expect(body).toContain("healthy");
    const metrics = await (await server.get("/metrics", PROBE)).text();
    expect(metrics).toContain('atoms_fault_injections_total{kind="error_rate"} 2');
    expect((await bodyOf(server.get("/api/observability/snapshot", PROBE))).errors).toBe(2);
  });

  it("error_rate answers in the words of a real fault", async () => {
    await start("error_rate:1");
    expect(await bodyOf(tools())).toMatchObject({ error: "internal_error" });
  });

  it("scopes choose the routes", async () => {
    await start("error_rate:1@health");
    expect((await health()).status).toBe(500);
    expect((await tools()).status).toBe(200);
    await server.close();
    await start("error_rate:1@auth");
    expect((await server.get("/auth/login")).status).toBe(500);
    expect((await health()).status).toBe(200);
    await server.close();
    await start("error_rate:1@all");
    for (const path of ["/", "/health", "/auth/login"])
      expect((await server.get(path)).status, path).toBe(500);
    expect((await tools()).status).toBe(500);
  });

  it("tool_error_rate is HTTP 200 with a server_error, and only tool outcomes show it", async () => {
    await start("tool_error_rate:0.5");
    const answers = [await workspace(), await workspace(), await workspace(), await workspace()];
    expect(answers.map(({ success }) => success)).toEqual([true, false, true, false]);
    expect(answers[1]).toMatchObject({ error_type: "server_error", code: "INTERNAL_SERVER_ERROR" });
    const metrics = await (await server.get("/metrics", PROBE)).text();
    expect(metrics).toContain(
      'tool_executions_total{tool="workspace_tool",operation="get_context",outcome="server_error"} 2',
    );
    expect(metrics).not.toMatch(/http_requests_total\{[^}]*status="5/);
    const snapshot = await bodyOf(server.get("/api/observability/snapshot", PROBE));
    expect(snapshot).toMatchObject({ errors: 2, tool_calls: 4, tool_errors: 2 });
  });

  it("latency adds its time to its share of requests", async () => {
    await start("latency:+300ms~0.5");
    expect((await tools()).status).toBe(200);
    const slow = tools();
    await runtime.sleeper(300);
    runtime.advance(300);
    expect((await slow).status).toBe(200);
    const { p50_latency, p99_latency } = await bodyOf(server.get("/api/observability/snapshot", PROBE));
    expect([p50_latency, p99_latency]).toEqual([0, 300]);
  });

  it("hang gives no answer, until it is given up after a minute", async () => {
    await start("hang:1");
    let answered = false;
    const hung = tools().then((answer) => {
      answered = true;
      return answer.status;
    });
    await runtime.sleeper(60_000);
    runtime.advance(59_999);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    runtime.advance(1);
    expect(await hung).toBe(504);
  });

  it("crash:after counts requests before authentication, and exits with 70", async () => {
    await start("crash:after=3req");
    await server.get("/api/mcp/tools");
    await health();
    await tools();
    expect(runtime.exits).toEqual([]);
    await tools();
    expect(runtime.exits).toEqual([70]);
  });

  it.each([
    ["unhealthy", 503, "unhealthy"],
    ["degraded", 200, "degraded"],
    ["error", 500, undefined],
  ])("health:%s answers %i", async (as, status, word) => {
    await start(`health:${as}`);
    const answer = await health();
    expect(answer.status).toBe(status);
    const body = await bodyOf(answer);
    expect(body.status).toBe(word);
    expect(JSON.stringify(body)).not.toMatch(/fault|inject/i);
    expect((await server.get("/health/ready")).status).toBe(as === "unhealthy" ? 503 : 200);
  });

  it("db:down fails health and tools but not the catalogue; db:+ slows", async () => {
    await start("db:down");
    expect(await bodyOf(health())).toMatchObject({
      status: "unhealthy",
      checks: { database: { status: "unhealthy" } },
    });
    expect((await server.get("/health/live")).status).toBe(200);
    expect((await tools()).status).toBe(200);
    expect((await server.get("/api/mcp/tools")).status).toBe(401);
    expect(await workspace()).toMatchObject({ error_type: "unavailable", code: "DATABASE_UNAVAILABLE" });
    await server.close();
    await start("db:+200ms");
    const slow = health();
    await runtime.sleeper(200);
    runtime.advance(200);
    const { checks } = await bodyOf(slow);
    expect(checks.database).toMatchObject({ status: "healthy", latency_ms: 200 });
    expect(await (await server.get("/metrics", PROBE)).text()).toContain(
      'atoms_fault_injections_total{kind="db"} 2',
    );
  });

  it("auth:open lets missing tokens in, auth:closed keeps valid ones out", async () => {
    await start("auth:open");
    expect((await server.get("/api/mcp/tools")).status).toBe(200);
    expect((await server.get("/api/mcp/tools", { authorization: "Bearer nonsense" })).status).toBe(401);
    await server.close();
    await start("auth:closed");
    expect((await tools()).status).toBe(401);
  });

  it("login:500, cors:off, tools:missing and version:stale", async () => {
    await start("login:500,cors:off,tools:missing=workspace_tool,version:stale=v1");
    expect((await server.get("/auth/login")).status).toBe(500);
    expect((await server.get("/auth/callback")).status).toBe(400);
    expect((await fetch(`${server.url}/api/mcp`, { method: "OPTIONS" })).status).toBe(404);
    const listed = await tools();
    expect(listed.headers.has("access-control-allow-origin")).toBe(false);
    expect(listed.headers.get("x-atoms-version")).toBe("v1");
    const body = await bodyOf(listed);
    expect(body).toMatchObject({ count: 4, server: { version: "v1" } });
    expect(body.tools.map((tool: { name: string }) => tool.name)).not.toContain("workspace_tool");
    const client = await server.client("alice");
    expect((await client.listTools()).tools).toHaveLength(4);
    await client.close();
    expect((await bodyOf(health())).version).toBe("v1");
    expect(await (await server.get("/metrics", PROBE)).text()).toContain('atoms_build_info{version="v1"');
  });

  it("ratelimit:off lifts the limits", async () => {
    const limited = { RATE_LIMIT_ENABLED: "true", ATOMS_HEALTH_BURST: "2" };
    await start("", limited);
    expect(await statuses(3, () => server.get("/health"))).toEqual([200, 200, 429]);
    await server.close();
    await start("ratelimit:off", limited);
    expect(await statuses(5, () => server.get("/health"))).toEqual(Array(5).fill(200));
  });

  it("clauses act in the order written", async () => {
    await start("latency:+50ms,error_rate:1");
    const failed = tools();
    await runtime.sleeper(50);
    runtime.advance(50);
    expect((await failed).status).toBe(500);
    await server.close();
    await start("error_rate:1,latency:+50ms");
    expect((await tools()).status).toBe(500);
  });

  it("ATOMS_FAULT_DELAY lets a release pass its checks first", async () => {
    await start("error_rate:1,health:unhealthy,version:stale=v1,auth:closed", { ATOMS_FAULT_DELAY: "30s" });
    expect((await tools()).status).toBe(200);
    expect(await bodyOf(health())).toMatchObject({ status: "healthy", version: "v9" });
    runtime.advance(30_000);
    expect((await tools()).status).toBe(401);
    expect(await bodyOf(health())).toMatchObject({ status: "unhealthy", version: "v1" });
  });
});
