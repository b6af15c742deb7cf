import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PACKAGE_VERSION } from "../package-version.js";
import { type ManualRuntime, manualRuntime } from "../testing/manual-runtime.js";
import { PLAIN, shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";

const PROBE = { "x-atoms-probe": "probe-secret" };
const JSON_RPC = { "content-type": "application/json", accept: "application/json, text/event-stream" };

let store: TestStore;
let server: TestServer;
let runtime: ManualRuntime;
beforeAll(async () => {
  store = await (STORES[0] as (typeof STORES)[number]).open();
});
afterEach(async () => {
  await server?.close();
  await store.empty();
});
afterAll(() => store.close());

const start = async (env: Record<string, string> = {}) => {
  runtime = manualRuntime(Date.now());
  server = await startServer({ ...PLAIN, ATOMS_PROBE_TOKEN: "probe-secret", ...env }, { ...shared(store.driver), runtime });
};
const bearer = async (user = "alice", ttl?: number) => ({ authorization: `Bearer ${await server.token(user, ttl)}` });
const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  fetch(`${server.url}${path}`, { method, headers, redirect: "manual", ...(body === undefined ? {} : { body }) });
const rpc = async (method: string, params: object = {}, headers: Record<string, string> = {}) =>
  send("POST", "/api/mcp", { ...JSON_RPC, ...(await bearer()), ...headers }, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));

describe("every answer", () => {
  it("carries the headers that attribute and protect it", async () => {
    await start({ ATOMS_VERSION: "v20261123.094500", ATOMS_DEPLOYMENT_ID: "dpl_7" });
    for (const path of ["/", "/health", "/api/mcp/tools", "/nowhere", "/auth/login"]) {
      const { headers } = await server.get(path, { "x-request-id": "abc_1-2" });
      expect(Object.fromEntries(headers), path).toMatchObject({
        "x-request-id": "abc_1-2",
        "x-atoms-version": "v20261123.094500",
        "x-atoms-deployment": "dpl_7",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": "default-src 'none'",
      });
      expect(headers.has("strict-transport-security")).toBe(false);
      expect(headers.get("cache-control")).toBe(path === "/health" || path === "/auth/login" ? "no-store" : null);
    }
    const strange = await server.get("/", { "x-request-id": "no spaces!" });
    expect(strange.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("promises HTTPS where the public address is HTTPS", async () => {
    await start({ PUBLIC_URL: "https://atoms.localhost" });
    expect((await server.get("/")).headers.get("strict-transport-security")).toContain("max-age=31536000");
  });

  it.each([
    ["GET", "/nowhere", 404, null],
    ["POST", "/health", 405, "GET, HEAD"],
    ["DELETE", "/", 405, "GET, HEAD"],
    ["GET", "/auth/logout", 405, "POST"],
    ["PUT", "/api/mcp", 405, "POST"],
    ["GET", "/oauth2/token", 405, "POST"],
  ])("%s %s is %i", async (method, path, status, allow) => {
    await start();
    const answer = await send(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(await answer.json()).toMatchObject({ error: status === 404 ? "not_found" : "method_not_allowed" });
  });

  it("writes one log line per request, without tokens, and health only at debug", async () => {
    await start({ LOG_LEVEL: "info" });
    const headers = await bearer();
    await server.get("/api/mcp/tools", headers);
    await server.get("/health");
    await server.call("alice", "workspace_tool", { operation: "get_context" });
    const requests = () => server.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === "request");
    // The line of a streamed answer is written when the stream has ended, which the client does not wait for.
    await expect.poll(() => requests().at(-1)?.tool, { timeout: 900 }).toBe("workspace_tool");
    const lines = requests();
    expect(lines.map(({ route }) => route)).not.toContain("/health");
    expect(lines[0]).toMatchObject({ level: "info", route: "/api/mcp/tools", status: 200, method: "GET" });
    expect(lines.at(-1)).toMatchObject({ tool: "workspace_tool", operation: "get_context", user: expect.any(String) });
    expect(server.logs.join("")).not.toContain(headers.authorization.slice(10));
  });
});

describe("health", () => {
  it("says who, where and how well", async () => {
    await start({ ATOMS_COMMIT: "1a2b3c4", ATOMS_REGION: "iad1" });
    runtime.advance(1500);
    const answer = await server.get("/health");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      status: "healthy",
      service: "atoms-mcp-server",
      commit: "1a2b3c4",
      environment: "local",
      region: "iad1",
      instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
      uptime_seconds: 1.5,
      checks: {
        database: { status: "healthy", target: expect.stringMatching(/^[0-9a-f]{8}$/), schema: { current: 3, expected: 3 } },
        auth: { status: "healthy", mode: "local" },
        rate_limiter: { status: "healthy" },
      },
      maintenance: false,
    });
    expect((await send("HEAD", "/health")).status).toBe(200);
    expect(await (await server.get("/health/live")).json()).toEqual({ status: "alive" });
    expect(await (await server.get("/health/ready")).json()).toEqual({ status: "ready" });
    expect(await (await server.get("/")).json()).toMatchObject({ service: "atoms-mcp-server", status: "running" });
  });

  it("is unhealthy with a schema behind and degraded with one ahead", async () => {
    await start();
    await store.driver.transaction((sql) => sql.query("insert into schema_migrations values (99, 'future', 'x')"));
    expect(await (await server.get("/health")).json()).toMatchObject({ status: "degraded" });
    await store.driver.transaction((sql) => sql.query("update schema_migrations set version = version + 100 where version in (2, 3, 99)"));
    await store.driver.transaction((sql) => sql.query("update schema_migrations set version = version - 200 where version > 100"));
    runtime.advance(1001);
    const behind = await server.get("/health");
    expect(behind.status).toBe(503);
    expect((await behind.json()).checks.database).toMatchObject({ status: "unhealthy", schema: { current: 1, expected: 3 } });
    expect((await server.get("/health/ready")).status).toBe(503);
    await store.driver.transaction((sql) => sql.query("delete from schema_migrations where version = -1"));
    await store.driver.transaction((sql) => sql.query("update schema_migrations set version = version + 100 where version < 0"));
  });

  it("checks the store once for many callers at once", async () => {
    await start();
    await Promise.all(Array.from({ length: 20 }, () => server.get("/health")));
    const metrics = await (await server.get("/metrics", PROBE)).text();
    expect(metrics).toContain('db_query_duration_seconds_count{kind="health"} 1');
  });

  it("is not ready while draining", async () => {
    await start();
    server.app.drain();
    const answer = await server.get("/health/ready");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ status: "not_ready", reasons: ["draining"] });
  });

  it("a store that does not answer within two seconds is unhealthy", async () => {
    runtime = manualRuntime(Date.now());
    const silent = { target: "db:1/x", transaction: () => new Promise<never>(() => undefined), close: async () => undefined };
    server = await startServer({ ...PLAIN, ATOMS_MIGRATE: "off" }, { openDriver: async () => silent, runtime });
    const asking = server.get("/health");
    await runtime.sleeper(2000);
    runtime.advance(2000);
    expect(await (await asking).json()).toMatchObject({ status: "unhealthy" });
  });
});

describe("tokens", () => {
  it("refuses a missing one with everything a client needs to get one", async () => {
    await start();
    const answer = await server.get("/api/mcp/tools");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(
      `Bearer error="invalid_token", error_description="The access token is missing", resource_metadata="${server.url}/.well-known/oauth-protected-resource/api/mcp"`,
    );
    expect(await answer.json()).toEqual({ error: "invalid_token", error_description: "The access token is missing" });
    for (const method of ["GET", "POST", "DELETE"]) expect((await send(method, "/api/mcp")).status).toBe(401);
    expect((await server.get(`/api/mcp/tools?access_token=${await server.token("a")}`)).status).toBe(401);
  });

  it("expires and can be revoked, with leeway", async () => {
    await start({ ATOMS_TOKENS_NOT_BEFORE: String(Math.floor(Date.now() / 1000) - 100) });
    const headers = await bearer("alice", 60);
    expect((await server.get("/api/mcp/tools", headers)).status).toBe(200);
    runtime.advance(89_000);
    expect((await server.get("/api/mcp/tools", headers)).status).toBe(200);
    runtime.advance(2_000);
    expect((await server.get("/api/mcp/tools", headers)).status).toBe(401);
    await server.close();
    await start({ ATOMS_TOKENS_NOT_BEFORE: String(Math.floor(Date.now() / 1000) + 100) });
    const revoked = await server.get("/api/mcp/tools", await bearer());
    expect((await revoked.json()).error_description).toMatch(/revoked/);
  });

  it("publishes the protected resource in both forms", async () => {
    await start({ ATOMS_RESOURCE_URL: "http://atoms.localhost/api/mcp" });
    for (const path of ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/api/mcp"]) {
      expect(await (await server.get(path)).json()).toEqual({
        resource: "http://atoms.localhost/api/mcp",
        authorization_servers: ["http://atoms.localhost"],
        bearer_methods_supported: ["header"],
        scopes_supported: ["openid", "profile", "email"],
        resource_name: "Atoms MCP",
      });
    }
  });

  it("the store is not needed to be refused, nor for the catalogue", async () => {
    runtime = manualRuntime(Date.now());
    const broken = async () => {
      throw new Error("no store");
    };
    server = await startServer(PLAIN, { openDriver: broken, runtime });
    expect((await server.get("/api/mcp/tools")).status).toBe(401);
    expect((await server.get("/api/mcp/tools", await bearer())).status).toBe(200);
    expect((await (await server.get("/health")).json()).status).toBe("unhealthy");
    expect(await server.call("alice", "workspace_tool", { operation: "get_context" })).toMatchObject({ error_type: "unavailable" });
  });
});

describe("CORS, Origin and Host", () => {
  it.each([
    ["/api/mcp", {}, (url: string) => url],
    ["/api/mcp/tools", { origin: "http://localhost:3000" }, () => "http://localhost:3000"],
    ["/health", { origin: "https://evil.example" }, () => null],
    ["/auth/login", { origin: "null" }, () => null],
    ["/.well-known/oauth-protected-resource", {}, (url: string) => url],
  ])("preflight of %s with %j", async (path, headers, expected) => {
    await start();
    const answer = await send("OPTIONS", path, headers);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(expected(server.url));
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST, DELETE, OPTIONS");
    expect(answer.headers.get("access-control-allow-headers")).toContain("mcp-protocol-version");
    expect(answer.headers.get("access-control-max-age")).toBe("600");
    expect(answer.headers.get("vary")).toBe("Origin");
  });

  it("`*` allows every origin", async () => {
    await start({ ATOMS_ALLOWED_ORIGINS: "*" });
    expect((await send("OPTIONS", "/api/mcp")).headers.get("access-control-allow-origin")).toBe("*");
    expect((await server.get("/api/mcp/tools", { ...(await bearer()), origin: "https://any.example" })).status).toBe(200);
  });

  it("lets a browser read refusals, and exposes the headers it needs", async () => {
    await start();
    const { headers } = await server.get("/api/mcp/tools", { origin: "http://127.0.0.1:9" });
    expect(headers.get("access-control-allow-origin")).toBe("http://127.0.0.1:9");
    expect(headers.get("access-control-expose-headers")).toContain("www-authenticate");
  });

  it("refuses a foreign Host or Origin before authentication, in JSON-RPC's words", async () => {
    await start();
    const foreign = await server.get("/api/mcp/tools", { origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
    expect(await foreign.json()).toMatchObject({ jsonrpc: "2.0", error: { code: -32000 }, id: null });
    expect((await server.get("/api/mcp/tools", { origin: "null" })).status).toBe(403);
    const host = await server.app.fetch(new Request("http://evil.example/api/mcp", { method: "POST" }));
    expect(host.status).toBe(403);
    const allowed = await server.app.fetch(new Request("http://app.localhost:8080/api/mcp", { method: "POST" }));
    expect(allowed.status).toBe(401);
  });
});

describe("rate limits", () => {
  const LIMITED = { RATE_LIMIT_ENABLED: "true" };
  const count = async (n: number, ask: () => Promise<Response>) => {
    const seen: Record<number, number> = {};
    for (let i = 0; i < n; i += 1) {
      const { status } = await ask();
      seen[status] = (seen[status] ?? 0) + 1;
    }
    return seen;
  };

  it("a hundred quick health calls see 40 refusals; the probe token and live and ready none", async () => {
    await start(LIMITED);
    expect(await count(100, () => server.get("/health"))).toEqual({ 200: 60, 429: 40 });
    const refused = await server.get("/health");
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      "retry-after": "1",
      "x-ratelimit-limit": "60",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "60",
    });
    expect(await refused.json()).toMatchObject({ error: "rate_limited", retry_after: 1 });
    expect((await server.get("/health", PROBE)).status).toBe(200);
    expect((await server.get("/health/live")).status).toBe(200);
    expect((await server.get("/health/ready")).status).toBe(200);
    runtime.advance(2000);
    expect(await count(3, () => server.get("/health"))).toEqual({ 200: 2, 429: 1 });
  });

  it("limits users apart, counts array items, and limits refusals by address without holding up good tokens", async () => {
    await start({ ...LIMITED, MCP_RATE_LIMIT_RPM: "5" });
    const alice = await bearer("alice");
    const two = JSON.stringify([1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "ping" })));
    expect((await send("POST", "/api/mcp", { ...JSON_RPC, ...alice }, two)).headers.get("x-ratelimit-remaining")).toBe("3");
    expect(await count(4, () => server.get("/api/mcp/tools", alice))).toEqual({ 200: 3, 429: 1 });
    expect((await server.get("/api/mcp/tools", await bearer("bob"))).status).toBe(200);
    expect((await server.get("/api/mcp/tools", { ...alice, ...PROBE })).status).toBe(200);
    expect(await count(61, () => server.get("/api/mcp/tools"))).toEqual({ 401: 60, 429: 1 });
    expect((await server.get("/api/mcp/tools", await bearer("bob"))).status).toBe(200);
  });

  it("limits logins", async () => {
    await start(LIMITED);
    expect(await count(11, () => server.get("/auth/login"))).toEqual({ 302: 10, 429: 1 });
  });

  it("limits operations inside the tool result; a batch counts each item and may go into debt", async () => {
    await start(LIMITED);
    const create = (n: number) =>
      server.call("alice", "entity_tool", { entity_type: "organization", batch: Array.from({ length: n }, (_, i) => ({ name: `Org ${i}` })) });
    expect(await create(60)).toMatchObject({ success: true, created: 60 });
    expect(await create(1)).toMatchObject({ success: false, error_type: "rate_limited", code: "RATE_LIMITED", retry_after: 14 });
    runtime.advance(14_000);
    expect(await create(1)).toMatchObject({ success: true });
  });

  it("tells clients behind a trusted proxy apart, and believes nobody otherwise", async () => {
    await start({ ...LIMITED, ATOMS_HEALTH_BURST: "1", ATOMS_TRUST_PROXY: "1" });
    const from = (ip: string) => server.get("/health", { "x-forwarded-for": `6.6.6.6, ${ip}` });
    expect((await from("1.1.1.1")).status).toBe(200);
    expect((await from("2.2.2.2")).status).toBe(200);
    expect((await from("1.1.1.1")).status).toBe(429);
    await server.close();
    await start({ ...LIMITED, ATOMS_HEALTH_BURST: "1" });
    expect((await from("1.1.1.1")).status).toBe(200);
    expect((await from("2.2.2.2")).status).toBe(429);
  });

  it("lets requests pass when the store of buckets fails", async () => {
    runtime = manualRuntime(Date.now());
    const rateLimitStore = {
      take: () => {
        throw new Error("no buckets");
      },
    };
    server = await startServer(LIMITED, { ...shared(store.driver), runtime, rateLimitStore });
    expect((await server.get("/health")).status).toBe(200);
    expect(await (await server.get("/health")).json()).toMatchObject({ status: "degraded" });
    expect(server.logs.join("")).toContain("rate_limit_store_failed");
  });
});

describe("maintenance", () => {
  const expectClosed = async () => {
    for (const path of ["/api/mcp/tools", "/auth/login"]) {
      const answer = await server.get(path, { origin: "http://localhost:1" });
      expect(answer.status, path).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("300");
      expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:1");
      expect(await answer.json()).toMatchObject({ error: "maintenance", retry_after: 300 });
    }
    const health = await server.get("/health");
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: "maintenance", maintenance: true, retry_after: 300 });
    expect((await server.get("/health/ready")).status).toBe(503);
    expect((await server.get("/health/live")).status).toBe(200);
    expect((await send("OPTIONS", "/api/mcp")).status).toBe(204);
    expect((await server.get("/.well-known/oauth-protected-resource")).status).toBe(200);
    expect(await (await server.get("/")).json()).toMatchObject({ status: "maintenance" });
    expect((await server.get("/api/mcp/tools", { ...PROBE, ...(await bearer()) })).status).toBe(200);
    expect(await (await server.get("/metrics", PROBE)).text()).toContain("atoms_maintenance 1");
    expect((await (await server.get("/api/observability/snapshot", PROBE)).json()).errors).toBe(0);
  };

  it("by variable", async () => {
    await start({ MAINTENANCE_MODE: "Yes" });
    await expectClosed();
  });

  it("by the row, within five seconds, and off again", async () => {
    await start();
    expect((await server.get("/api/mcp/tools", await bearer())).status).toBe(200);
    const flag = (value: string) =>
      store.driver.transaction((sql) =>
        sql.query(
          "insert into service_flags (name, value) values ('maintenance', $1::jsonb) on conflict (name) do update set value = excluded.value",
          [value],
        ),
      );
    await flag("true");
    expect((await server.get("/api/mcp/tools", await bearer())).status).toBe(200);
    runtime.advance(5000);
    await expectClosed();
    await flag('{"on": false}');
    runtime.advance(5000);
    expect((await server.get("/api/mcp/tools", await bearer())).status).toBe(200);
  });
});

describe("monitors", () => {
  it("read metrics and the snapshot with the probe token; others find nothing there", async () => {
    await start();
    for (const path of ["/metrics", "/api/observability/snapshot"]) {
      expect((await server.get(path)).status).toBe(404);
      expect((await server.get(path, { "x-atoms-probe": "wrong" })).status).toBe(404);
    }
    await server.get("/api/mcp/tools");
    await server.get("/api/mcp/tools", await bearer());
    const metrics = await (await server.get("/metrics", PROBE)).text();
    expect(metrics).toContain('http_requests_total{method="GET",route="/api/mcp/tools",status="401"} 1');
    expect(metrics).toContain('http_request_duration_seconds_bucket{method="GET",route="/api/mcp/tools",le="0.2"} 2');
    expect(metrics).toContain('auth_failures_total{reason="missing"} 1');
    expect(metrics).toMatch(/process_resident_memory_bytes \d+/);
    const snapshot = await server.get("/api/observability/snapshot?window=60", PROBE);
    expect(await snapshot.json()).toMatchObject({
      version: "0.0.0-test",
      window_seconds: 60,
      requests: 2,
      errors: 0,
      error_rate: 0,
      success_rate: 1,
      memory_percent: expect.any(Number),
      cpu_percent: expect.any(Number),
    });
    expect((await server.get("/api/observability/snapshot?window=5", PROBE)).status).toBe(400);
    runtime.advance(61_000);
    expect((await (await server.get("/api/observability/snapshot", PROBE)).json()).requests).toBe(0);
  });

  it("without a probe token, loopback peers may read", async () => {
    runtime = manualRuntime(Date.now());
    server = await startServer(PLAIN, { ...shared(store.driver), runtime });
    expect((await server.get("/metrics")).status).toBe(200);
    const stranger = await server.app.fetch(new Request(`${server.url}/metrics`));
    expect(stranger.status).toBe(404);
  });
});

describe("MCP protocol", () => {
  it("serves both generations, with the same tools as the catalogue", async () => {
    await start({ ATOMS_VERSION: "v7" });
    const listed = await (await server.get("/api/mcp/tools", await bearer())).json();
    for (const modern of [false, true]) {
      const client = await server.client("alice", modern);
      expect(client.getServerVersion()).toMatchObject({ name: "atoms-mcp", version: "v7" });
      expect(client.getInstructions()).toContain("query_tool");
      const { tools } = await client.listTools();
      expect(tools.map(({ name, title, description, inputSchema, annotations }) => ({ name, title, description, inputSchema, annotations }))).toEqual(listed.tools);
      expect(tools.every((tool) => tool.outputSchema !== undefined)).toBe(true);
      const result = await client.callTool({ name: "workspace_tool", arguments: { operation: "list_workspaces" } });
      expect(result.structuredContent).toEqual(JSON.parse((result.content as { text: string }[])[0]?.text ?? ""));
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(["atoms://reference/entities", "atoms://reference/workflows"]);
      const read = await client.readResource({ uri: "atoms://reference/entities" });
      expect(JSON.parse((read.contents[0] as { text: string }).text)).toHaveLength(8);
      const { prompts } = await client.listPrompts();
      expect(prompts.map(({ name }) => name)).toEqual(["create_entity", "trace_requirements"]);
      const prompt = await client.getPrompt({ name: "create_entity", arguments: { entity_type: "test" } });
      expect(JSON.stringify(prompt.messages)).toContain("project_id");
      await expect(client.callTool({ name: "no_such_tool", arguments: {} })).rejects.toMatchObject({ code: -32602 });
      await client.close();
    }
    expect(listed).toMatchObject({ success: true, count: 5, server: { name: "atoms-mcp", version: "v7" } });
  });

  it.each([
    ["initialize", 200, "text/event-stream"],
    ["tools/list", 200, "text/event-stream"],
    ["ping", 200, "text/event-stream"],
  ])("2025-era %s is %i as an event stream", async (method, status, type) => {
    await start();
    const params = method === "initialize" ? { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } } : {};
    const answer = await rpc(method, params);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain(type);
    expect(await answer.text()).toContain("event: message");
  });

  it("answers malformed requests as the protocol says", async () => {
    await start();
    const headers = { ...JSON_RPC, ...(await bearer()) };
    const post = (extra: Record<string, string>, body: string) => send("POST", "/api/mcp", { ...headers, ...extra }, body);
    const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    expect((await post({}, note)).status).toBe(202);
    expect((await post({ accept: "application/json" }, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }))).status).toBe(406);
    expect((await post({ "content-type": "text/plain" }, "{}")).status).toBe(415);
    const unparsable = await post({}, "{nope");
    expect(unparsable.status).toBe(400);
    expect(await unparsable.json()).toMatchObject({ error: { code: -32700 } });
    expect((await post({}, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { x: "y".repeat(4 * 1024 * 1024) } }))).status).toBe(413);
    expect((await post({ "mcp-protocol-version": "1999-01-01" }, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }))).status).toBe(400);
    for (const method of ["GET", "DELETE"]) {
      const answer = await send(method, "/api/mcp", headers);
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("POST");
    }
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };
    const list = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } });
    const whole = await post(modern, list);
    expect(whole.headers.get("content-type")).toContain("application/json");
    expect((await whole.json()).result.tools).toHaveLength(5);
    const disagree = await post({ ...modern, "mcp-method": "tools/call" }, list);
    expect(disagree.status).toBe(400);
    expect(await disagree.json()).toMatchObject({ error: { code: -32020 } });
  });

  it("streams a subscription without buffering it", async () => {
    await start();
    const client = await server.client("alice", true);
    const abort = new AbortController();
    const token = await bearer();
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const answer = await fetch(`${server.url}/api/mcp`, {
      method: "POST",
      headers: { ...JSON_RPC, ...token, "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 9, method: "subscriptions/listen", params: { notifications: { toolsListChanged: true }, _meta: meta } }),
      signal: abort.signal,
    });
    expect(answer.status).toBe(200);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toContain("data:");
    abort.abort();
    await client.close();
  });
});

describe("the package", () => {
  it("knows its version", async () => {
    const manifest = await import("../../package.json", { with: { type: "json" } });
    expect(PACKAGE_VERSION).toBe(manifest.default.version);
  });
});
