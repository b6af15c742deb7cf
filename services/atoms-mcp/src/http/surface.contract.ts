import { describe, expect, it } from "vitest";
import { PACKAGE_VERSION } from "../package-version.js";
import type { Driver } from "../storage/database.js";
import { type HttpTests, PROBE } from "../testing/http-tests.js";
import { bodyOf } from "../testing/server.js";

/** A store that takes every question and never answers. */
const never = () => new Promise<never>(() => undefined);
const silent: Driver = {
  target: "db:1/x",
  transaction: never,
  single: { query: never },
  close: async () => undefined,
};

/** Headers, routes, health, tokens and origins. */
export function surfaceContract(http: HttpTests): void {
  describe("every answer", () => {
    it("carries the headers that attribute and protect it", async () => {
      await http.start({ ATOMS_VERSION: "v20261123.094500", ATOMS_DEPLOYMENT_ID: "dpl_7" });
      for (const path of ["/", "/health", "/api/mcp/tools", "/nowhere", "/auth/login"]) {
        const { headers } = await http.server.get(path, { "x-request-id": "abc_1-2" });
        expect(Object.fromEntries(headers), path).toMatchObject({
          "x-request-id": "abc_1-2",
          "x-atoms-version": "v20261123.094500",
          "x-atoms-deployment": "dpl_7",
          "x-content-type-options": "nosniff",
          "x-frame-options": "DENY",
          "content-security-policy": "default-src 'none'",
        });
        expect(headers.has("strict-transport-security")).toBe(false);
        expect(headers.get("cache-control")).toBe(
          path === "/health" || path === "/auth/login" ? "no-store" : null,
        );
      }
      const strange = await http.server.get("/", { "x-request-id": "no spaces!" });
      expect(strange.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    });

    it("promises HTTPS where the public address is HTTPS", async () => {
      await http.start({ PUBLIC_URL: "https://atoms.localhost" });
      expect((await http.server.get("/")).headers.get("strict-transport-security")).toContain(
        "max-age=31536000",
      );
    });

    it.each([
      ["GET", "/nowhere", 404, null],
      ["POST", "/health", 405, "GET, HEAD"],
      ["DELETE", "/", 405, "GET, HEAD"],
      ["GET", "/auth/logout", 405, "POST"],
      ["PUT", "/api/mcp", 405, "POST"],
      ["GET", "/oauth2/token", 405, "POST"],
    ])("%s %s is %i", async (method, path, status, allow) => {
      await http.start();
      const answer = await http.send(method, path);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("allow")).toBe(allow);
      expect(await bodyOf(answer)).toMatchObject({
        error: status === 404 ? "not_found" : "method_not_allowed",
      });
    });

    it("writes one log line per request, without tokens, and health only at debug", async () => {
      await http.start({ LOG_LEVEL: "info" });
      const headers = await http.bearer();
      await http.server.get("/api/mcp/tools", headers);
      await http.server.get("/health");
      await http.server.call("alice", "workspace_tool", { operation: "get_context" });
      const requests = () =>
        http.server.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === "request");
      // The line of a streamed answer is written when the stream has ended, which the client does not wait for.
      await expect.poll(() => requests().at(-1)?.tool, { timeout: 900 }).toBe("workspace_tool");
      const lines = requests();
      expect(lines.map(({ route }) => route)).not.toContain("/health");
      expect(lines[0]).toMatchObject({ level: "info", route: "/api/mcp/tools", status: 200, method: "GET" });
      expect(lines.at(-1)).toMatchObject({
        tool: "workspace_tool",
        operation: "get_context",
        user: expect.any(String),
      });
      expect(http.server.logs.join("")).not.toContain(headers.authorization.slice(10));
    });
  });

  describe("health", () => {
    it("says who, where and how well", async () => {
      await http.start({ ATOMS_COMMIT: "1a2b3c4", ATOMS_REGION: "iad1" });
      http.runtime.advance(1500);
      const answer = await http.server.get("/health");
      expect(answer.status).toBe(200);
      expect(await bodyOf(answer)).toMatchObject({
        status: "healthy",
        service: "atoms-mcp-server",
        commit: "1a2b3c4",
        environment: "local",
        region: "iad1",
        instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
        uptime_seconds: 1.5,
        checks: {
          database: {
            status: "healthy",
            target: expect.stringMatching(/^[0-9a-f]{8}$/),
            schema: { current: 3, expected: 3 },
          },
          auth: { status: "healthy", mode: "local" },
          rate_limiter: { status: "healthy" },
        },
        maintenance: false,
      });
      expect((await http.send("HEAD", "/health")).status).toBe(200);
      expect(await bodyOf(http.server.get("/health/live"))).toEqual({ status: "alive" });
      expect(await bodyOf(http.server.get("/health/ready"))).toEqual({ status: "ready" });
      expect(await bodyOf(http.server.get("/"))).toMatchObject({
        service: "atoms-mcp-server",
        status: "running",
      });
    });

    it("is unhealthy with a schema behind and degraded with one ahead", async () => {
      await http.start();
      await http.store.driver.transaction((sql) =>
        sql.query("insert into schema_migrations values (99, 'future', 'x')"),
      );
      expect(await bodyOf(http.server.get("/health"))).toMatchObject({ status: "degraded" });
      await http.store.driver.transaction((sql) =>
        sql.query("update schema_migrations set version = version + 100 where version in (2, 3, 99)"),
      );
      await http.store.driver.transaction((sql) =>
        sql.query("update schema_migrations set version = version - 200 where version > 100"),
      );
      http.runtime.advance(1001);
      const behind = await http.server.get("/health");
      expect(behind.status).toBe(503);
      expect((await bodyOf(behind)).checks.database).toMatchObject({
        status: "unhealthy",
        schema: { current: 1, expected: 3 },
      });
      expect((await http.server.get("/health/ready")).status).toBe(503);
      await http.store.driver.transaction((sql) =>
        sql.query("delete from schema_migrations where version = -1"),
      );
      await http.store.driver.transaction((sql) =>
        sql.query("update schema_migrations set version = version + 100 where version < 0"),
      );
    });

    it("checks the store once for many callers at once", async () => {
      await http.start();
      await Promise.all(Array.from({ length: 20 }, () => http.server.get("/health")));
      const metrics = await (await http.server.get("/metrics", PROBE)).text();
      expect(metrics).toContain('db_query_duration_seconds_count{kind="health"} 1');
    });

    it("is not ready while draining", async () => {
      await http.start();
      http.server.app.drain();
      const answer = await http.server.get("/health/ready");
      expect(answer.status).toBe(503);
      expect(await bodyOf(answer)).toEqual({ status: "not_ready", reasons: ["draining"] });
    });

    it("a store that does not answer within two seconds is unhealthy", async () => {
      await http.start({ ATOMS_MIGRATE: "off" }, { openDriver: async () => silent });
      const asking = http.server.get("/health");
      await http.runtime.sleeper(2000);
      http.runtime.advance(2000);
      expect(await bodyOf(asking)).toMatchObject({ status: "unhealthy" });
    });
  });

  it("gives a tool's work up after the deadline, and says so", async () => {
    await http.start(
      { ATOMS_MIGRATE: "off", ATOMS_REQUEST_TIMEOUT_MS: "1000" },
      { openDriver: async () => silent },
    );
    const asking = http.server.call("alice", "workspace_tool", { operation: "get_context" });
    // The first request also asks the silent store for the maintenance flag, and does not wait long for it.
    await http.runtime.sleeper(150);
    http.runtime.advance(150);
    await http.runtime.sleeper(1000);
    http.runtime.advance(1000);
    expect(await asking).toMatchObject({ success: false, error_type: "unavailable", code: "TIMEOUT" });
  });

  describe("tokens", () => {
    it("refuses a missing one with everything a client needs to get one", async () => {
      await http.start();
      const answer = await http.server.get("/api/mcp/tools");
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(
        `Bearer error="invalid_token", error_description="The access token is missing", resource_metadata="${http.server.url}/.well-known/oauth-protected-resource/api/mcp"`,
      );
      expect(await bodyOf(answer)).toEqual({
        error: "invalid_token",
        error_description: "The access token is missing",
      });
      for (const method of ["GET", "POST", "DELETE"])
        expect((await http.send(method, "/api/mcp")).status).toBe(401);
      expect(
        (await http.server.get(`/api/mcp/tools?access_token=${await http.server.token("a")}`)).status,
      ).toBe(401);
    });

    it("expires and can be revoked, with leeway", async () => {
      await http.start({ ATOMS_TOKENS_NOT_BEFORE: String(Math.floor(Date.now() / 1000) - 100) });
      const headers = await http.bearer("alice", 60);
      expect((await http.server.get("/api/mcp/tools", headers)).status).toBe(200);
      http.runtime.advance(89_000);
      expect((await http.server.get("/api/mcp/tools", headers)).status).toBe(200);
      http.runtime.advance(2_000);
      expect((await http.server.get("/api/mcp/tools", headers)).status).toBe(401);
      await http.start({ ATOMS_TOKENS_NOT_BEFORE: String(Math.floor(Date.now() / 1000) + 100) });
      const revoked = await http.server.get("/api/mcp/tools", await http.bearer());
      expect((await bodyOf(revoked)).error_description).toMatch(/revoked/);
    });

    it("publishes the protected resource in both forms", async () => {
      await http.start({ ATOMS_RESOURCE_URL: "http://atoms.localhost/api/mcp" });
      for (const path of [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/api/mcp",
      ]) {
        expect(await bodyOf(http.server.get(path))).toEqual({
          resource: "http://atoms.localhost/api/mcp",
          authorization_servers: ["http://atoms.localhost"],
          bearer_methods_supported: ["header"],
          scopes_supported: ["openid", "profile", "email"],
          resource_name: "Atoms MCP",
        });
      }
    });

    it("the store is not needed to be refused, nor for the catalogue", async () => {
      const broken = async () => {
        throw new Error("no store");
      };
      await http.start({}, { openDriver: broken });
      expect((await http.server.get("/api/mcp/tools")).status).toBe(401);
      expect((await http.server.get("/api/mcp/tools", await http.bearer())).status).toBe(200);
      expect((await bodyOf(http.server.get("/health"))).status).toBe("unhealthy");
      expect(await http.server.call("alice", "workspace_tool", { operation: "get_context" })).toMatchObject({
        error_type: "unavailable",
      });
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
      await http.start();
      const answer = await http.send("OPTIONS", path, headers);
      expect(answer.status).toBe(204);
      expect(answer.headers.get("access-control-allow-origin")).toBe(expected(http.server.url));
      expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST, DELETE, OPTIONS");
      expect(answer.headers.get("access-control-allow-headers")).toContain("mcp-protocol-version");
      expect(answer.headers.get("access-control-max-age")).toBe("600");
      expect(answer.headers.get("vary")).toBe("Origin");
    });

    it("`*` allows every origin", async () => {
      await http.start({ ATOMS_ALLOWED_ORIGINS: "*" });
      expect((await http.send("OPTIONS", "/api/mcp")).headers.get("access-control-allow-origin")).toBe("*");
      expect(
        (await http.server.get("/api/mcp/tools", { ...(await http.bearer()), origin: "https://any.example" }))
          .status,
      ).toBe(200);
    });

    it("lets a browser read refusals, and exposes the headers it needs", async () => {
      await http.start();
      const { headers } = await http.server.get("/api/mcp/tools", { origin: "http://127.0.0.1:9" });
      expect(headers.get("access-control-allow-origin")).toBe("http://127.0.0.1:9");
      expect(headers.get("access-control-expose-headers")).toContain("www-authenticate");
    });

    it("refuses a foreign Host or Origin before authentication, in JSON-RPC's words", async () => {
      await http.start();
      const foreign = await http.server.get("/api/mcp/tools", { origin: "https://evil.example" });
      expect(foreign.status).toBe(403);
      expect(await bodyOf(foreign)).toMatchObject({ jsonrpc: "2.0", error: { code: -32000 }, id: null });
      expect((await http.server.get("/api/mcp/tools", { origin: "null" })).status).toBe(403);
      const host = await http.server.app.fetch(
        new Request("http://evil.example/api/mcp", { method: "POST" }),
      );
      expect(host.status).toBe(403);
      const allowed = await http.server.app.fetch(
        new Request("http://app.localhost:8080/api/mcp", { method: "POST" }),
      );
      expect(allowed.status).toBe(401);
    });
  });

  describe("the package", () => {
    it("knows its version", async () => {
      const manifest = await import("../../package.json", { with: { type: "json" } });
      expect(PACKAGE_VERSION).toBe(manifest.default.version);
    });
  });
}
