import { describe, expect, it } from "vitest";
import { type HttpTests, JSON_RPC, PROBE } from "../testing/http-tests.js";
import { bodyOf, shared } from "../testing/server.js";

/** Rate limits, maintenance mode and what monitors read. */
export function limitsContract(http: HttpTests): void {
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
      await http.start(LIMITED);
      expect(await count(100, () => http.server.get("/health"))).toEqual({ 200: 60, 429: 40 });
      const refused = await http.server.get("/health");
      expect(Object.fromEntries(refused.headers)).toMatchObject({
        "retry-after": "1",
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "60",
      });
      expect(await bodyOf(refused)).toMatchObject({ error: "rate_limited", retry_after: 1 });
      expect((await http.server.get("/health", PROBE)).status).toBe(200);
      expect((await http.server.get("/health/live")).status).toBe(200);
      expect((await http.server.get("/health/ready")).status).toBe(200);
      http.runtime.advance(2000);
      expect(await count(3, () => http.server.get("/health"))).toEqual({ 200: 2, 429: 1 });
    });

    it("limits users apart, counts array items, and limits refusals by address without holding up good tokens", async () => {
      await http.start({ ...LIMITED, MCP_RATE_LIMIT_RPM: "5" });
      const alice = await http.bearer("alice");
      const two = JSON.stringify([1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "ping" })));
      expect(
        (await http.send("POST", "/api/mcp", { ...JSON_RPC, ...alice }, two)).headers.get(
          "x-ratelimit-remaining",
        ),
      ).toBe("3");
      expect(await count(4, () => http.server.get("/api/mcp/tools", alice))).toEqual({ 200: 3, 429: 1 });
      expect((await http.server.get("/api/mcp/tools", await http.bearer("bob"))).status).toBe(200);
      expect((await http.server.get("/api/mcp/tools", { ...alice, ...PROBE })).status).toBe(200);
      expect(await count(61, () => http.server.get("/api/mcp/tools"))).toEqual({ 401: 60, 429: 1 });
      expect((await http.server.get("/api/mcp/tools", await http.bearer("bob"))).status).toBe(200);
    });

    it("limits logins", async () => {
      await http.start(LIMITED);
      expect(await count(11, () => http.server.get("/auth/login"))).toEqual({ 302: 10, 429: 1 });
    });

    it("limits operations inside the tool result; a batch counts each item and may go into debt", async () => {
      await http.start(LIMITED);
      const create = (n: number) =>
        http.server.call("alice", "entity_tool", {
          entity_type: "organization",
          batch: Array.from({ length: n }, (_, i) => ({ name: `Org ${i}` })),
        });
      expect(await create(60)).toMatchObject({ success: true, created: 60 });
      expect(await create(1)).toMatchObject({
        success: false,
        error_type: "rate_limited",
        code: "RATE_LIMITED",
        retry_after: 14,
      });
      http.runtime.advance(14_000);
      expect(await create(1)).toMatchObject({ success: true });
    });

    it("tells clients behind a trusted proxy apart, and believes nobody otherwise", async () => {
      await http.start({ ...LIMITED, ATOMS_HEALTH_BURST: "1", ATOMS_TRUST_PROXY: "1" });
      const from = (ip: string) => http.server.get("/health", { "x-forwarded-for": `6.6.6.6, ${ip}` });
      expect((await from("1.1.1.1")).status).toBe(200);
      expect((await from("2.2.2.2")).status).toBe(200);
      expect((await from("1.1.1.1")).status).toBe(429);
      await http.start({ ...LIMITED, ATOMS_HEALTH_BURST: "1" });
      expect((await from("1.1.1.1")).status).toBe(200);
      expect((await from("2.2.2.2")).status).toBe(429);
    });

    it("lets requests pass when the store of buckets fails", async () => {
      const rateLimitStore = {
        take: () => {
          throw new Error("no buckets");
        },
      };
      await http.start(LIMITED, { ...shared(http.store.driver), rateLimitStore });
      expect((await http.server.get("/health")).status).toBe(200);
      expect(await bodyOf(http.server.get("/health"))).toMatchObject({ status: "degraded" });
      expect(http.server.logs.join("")).toContain("rate_limit_store_failed");
    });
  });

  describe("maintenance", () => {
    const expectClosed = async () => {
      for (const path of ["/api/mcp/tools", "/auth/login"]) {
        const answer = await http.server.get(path, { origin: "http://localhost:1" });
        expect(answer.status, path).toBe(503);
        expect(answer.headers.get("retry-after")).toBe("300");
        expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:1");
        expect(await bodyOf(answer)).toMatchObject({ error: "maintenance", retry_after: 300 });
      }
      const health = await http.server.get("/health");
      expect(health.status).toBe(200);
      expect(await bodyOf(health)).toMatchObject({
        status: "maintenance",
        maintenance: true,
        retry_after: 300,
      });
      expect((await http.server.get("/health/ready")).status).toBe(503);
      expect((await http.server.get("/health/live")).status).toBe(200);
      expect((await http.send("OPTIONS", "/api/mcp")).status).toBe(204);
      expect((await http.server.get("/.well-known/oauth-protected-resource")).status).toBe(200);
      expect(await bodyOf(http.server.get("/"))).toMatchObject({ status: "maintenance" });
      expect((await http.server.get("/api/mcp/tools", { ...PROBE, ...(await http.bearer()) })).status).toBe(
        200,
      );
      expect(await (await http.server.get("/metrics", PROBE)).text()).toContain("atoms_maintenance 1");
      expect((await bodyOf(http.server.get("/api/observability/snapshot", PROBE))).errors).toBe(0);
    };

    it("by variable", async () => {
      await http.start({ MAINTENANCE_MODE: "Yes" });
      await expectClosed();
    });

    it("by the row, within five seconds, and off again", async () => {
      await http.start();
      expect((await http.server.get("/api/mcp/tools", await http.bearer())).status).toBe(200);
      const flag = (value: string) =>
        http.store.driver.transaction((sql) =>
          sql.query(
            "insert into service_flags (name, value) values ('maintenance', $1::jsonb) on conflict (name) do update set value = excluded.value",
            [value],
          ),
        );
      await flag("true");
      expect((await http.server.get("/api/mcp/tools", await http.bearer())).status).toBe(200);
      http.runtime.advance(5000);
      await expectClosed();
      await flag('{"on": false}');
      http.runtime.advance(5000);
      expect((await http.server.get("/api/mcp/tools", await http.bearer())).status).toBe(200);
    });
  });

  describe("monitors", () => {
    it("read metrics and the snapshot with the probe token; others find nothing there", async () => {
      await http.start();
      for (const path of ["/metrics", "/api/observability/snapshot"]) {
        expect((await http.server.get(path)).status).toBe(404);
        expect((await http.server.get(path, { "x-atoms-probe": "wrong" })).status).toBe(404);
      }
      await http.server.get("/api/mcp/tools");
      await http.server.get("/api/mcp/tools", await http.bearer());
      const metrics = await (await http.server.get("/metrics", PROBE)).text();
      expect(metrics).toContain('http_requests_total{method="GET",route="/api/mcp/tools",status="401"} 1');
      expect(metrics).toContain(
        'http_request_duration_seconds_bucket{method="GET",route="/api/mcp/tools",le="0.2"} 2',
      );
      expect(metrics).toContain('auth_failures_total{reason="missing"} 1');
      expect(metrics).toMatch(/process_resident_memory_bytes \d+/);
      const snapshot = await http.server.get("/api/observability/snapshot?window=60", PROBE);
      expect(await bodyOf(snapshot)).toMatchObject({
        version: "0.0.0-test",
        window_seconds: 60,
        requests: 2,
        errors: 0,
        error_rate: 0,
        success_rate: 1,
        memory_percent: expect.any(Number),
        cpu_percent: expect.any(Number),
      });
      expect((await http.server.get("/api/observability/snapshot?window=5", PROBE)).status).toBe(400);
      http.runtime.advance(61_000);
      expect((await bodyOf(http.server.get("/api/observability/snapshot", PROBE))).requests).toBe(0);
    });

    it("without a probe token, loopback peers may read", async () => {
      await http.start({ ATOMS_PROBE_TOKEN: "" });
      expect((await http.server.get("/metrics")).status).toBe(200);
      const stranger = await http.server.app.fetch(new Request(`${http.server.url}/metrics`));
      expect(stranger.status).toBe(404);
    });
  });
}
