import { once } from "node:events";
import { createServer } from "node:net";
import { perf, smoke, watchSample } from "@atoms/playbook";
import { describe, it } from "vitest";
import {
  anyTime,
  bad,
  deployment,
  inTime,
  ports,
  shareDatabase,
  version,
  withService,
} from "./validation.world.js";

// The rest of the faults of validation-against-atoms-mcp.test.ts, each with a process of its own.
shareDatabase();

// A test also waits for its turn, hence the time.
const patience = { timeout: 50_000 };

describe.concurrent("a bad Atoms release is caught by the check that is there for it", patience, () => {
  it.for([
    { fault: "health:degraded", check: "health", saw: /answers 200 but says "degraded"/ },
    { fault: "health:error", check: "health", saw: /500/ },
    { fault: "db:down", check: "database", saw: /"unhealthy" at checks.database.status/ },
    { fault: "auth:closed", check: "mcp-handshake", saw: /401.*although a token was sent/ },
    { fault: "login:500", check: "auth-login", saw: /500/ },
    { fault: "cors:off", check: "cors", saw: /404/ },
    { fault: "tools:missing=workspace_tool", check: "mcp-catalogue", saw: /workspace_tool is missing/ },
    {
      fault: "tool_error_rate:0.05",
      check: "mcp-call",
      saw: /1 of 20 calls was no good; one failed: .*server_error/,
    },
    { fault: "error_rate:1", check: "mcp-handshake", saw: /500/ },
  ])("$fault by $check", async ({ fault, check, saw }, { expect }) => {
    const { findings, verdict } = await withService(fault, (target) => smoke(target, anyTime, ports()));
    const finding = findings.find((one) => one.check === check);
    expect(finding?.saw).toMatch(saw);
    expect(finding?.outcome).toBe("fail");
    expect(verdict.kind).toBe("fail");
    // Nothing else is blamed for faults that have one symptom.
    if (!/health|db|closed|missing|error_rate:1/.test(fault)) expect(bad(findings)).toEqual([check]);
  });

  it.for([
    { fault: "latency:+900ms~0.1", saw: /p95 (?:9\d\d|\d{4})/ },
    { fault: "error_rate:0.05", saw: /2 of \d+ requests failed \(2 × 500\)/ },
    { fault: "hang:0.02", saw: /2 × time-out/ },
  ])("$fault by performance", async ({ fault, saw }, { expect }) => {
    const { findings, verdict } = await withService(fault, (target) => perf(target, inTime, ports()));
    expect(findings[0]).toMatchObject({ check: "performance /api/mcp/tools", outcome: "fail", saw });
    expect(verdict.kind).toBe("fail");
  });

  it("ratelimit:off by rate-limit, as a warning", async ({ expect }) => {
    const { findings, verdict } = await withService("ratelimit:off", (target) =>
      smoke(target, anyTime, ports()),
    );
    expect(findings.at(-1)).toMatchObject({ check: "rate-limit", outcome: "warn" });
    expect(bad(findings)).toEqual(["rate-limit"]);
    expect(verdict).toEqual({ kind: "pass" });
  });

  it("crash by all of them: nothing answers", async ({ expect }) => {
    await expect(withService("crash", async () => "listening")).rejects.toThrow("it ended with 70");
    const address = `http://127.0.0.1:${await closedPort()}`;
    const { findings, verdict } = await smoke({ address, deployment, version }, anyTime, ports());
    expect(verdict.kind).toBe("fail");
    expect(findings.filter((finding) => finding.outcome === "pass")).toEqual([]);
  });
});

describe.concurrent("a look at a serving Atoms release", patience, () => {
  it.for([
    { fault: "health:degraded", ok: false, saw: /degraded/ },
    { fault: "db:down@all", ok: false, saw: /503/ },
    { fault: "auth:closed", ok: false, saw: /401/ },
    { fault: "version:stale=v1", ok: false, saw: /came from version v1/ },
  ])("$fault: ok is $ok", async ({ fault, ok, saw }, { expect }) => {
    const sample = await withService(fault, (target) => watchSample(target, anyTime, ports()));
    expect(sample).toMatchObject({ ok, saw });
  });
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 1;
}
