import { perf, smoke, validate, watchSample } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { anyTime, bad, inTime, ports, shareDatabase, withService } from "./validation.world.js";

// A few of the faults, each of which takes a process of its own; the rest is in validation-against-atoms-mcp.long.test.ts.
shareDatabase();

describe("a sound Atoms release", () => {
  it("passes every check, both generations of MCP included", async () => {
    const { findings, verdict } = await withService("", (target) => validate(target, anyTime, ports()));
    expect(findings.filter((finding) => finding.outcome !== "pass")).toEqual([]);
    expect(verdict).toEqual({ kind: "pass" });
    expect(findings.map((finding) => finding.check)).toEqual([
      "login-wall",
      "serves-itself",
      "health",
      "auth-login",
      "auth-required",
      "cors",
      "mcp-handshake",
      "mcp-catalogue",
      "mcp-call",
      "database",
      "performance /api/mcp/tools",
      "rate-limit",
    ]);
    const handshake = findings.find((finding) => finding.check === "mcp-handshake");
    expect(handshake?.evidence).toMatchObject({ mcp_2025: /^2025-11-25, /, mcp_2026: /^2026-07-28, / });
  });
});

// A test also waits for its turn, hence the time.
const patience = { timeout: 50_000 };

describe.concurrent("a bad Atoms release is caught by the check that is there for it", patience, () => {
  it.for([
    { fault: "health:unhealthy", check: "health", saw: /503.*"unhealthy"/ },
    { fault: "auth:open", check: "auth-required", saw: /401 was expected/ },
    { fault: "version:stale=v1", check: "serves-itself", saw: /version v1, not v2026/ },
  ])("$fault by $check", async ({ fault, check, saw }, { expect }) => {
    const { findings, verdict } = await withService(fault, (target) => smoke(target, anyTime, ports()));
    const finding = findings.find((one) => one.check === check);
    expect(finding?.saw).toMatch(saw);
    expect(finding?.outcome).toBe("fail");
    expect(verdict.kind).toBe("fail");
    // Nothing else is blamed for faults that have one symptom.
    if (!/health|db|closed|missing|error_rate:1/.test(fault)) expect(bad(findings)).toEqual([check]);
  });

  it.for([{ fault: "latency:+300ms", saw: /p95 (?:[3-9]\d\d|\d{4})/ }])(
    "$fault by performance",
    async ({ fault, saw }, { expect }) => {
      const { findings, verdict } = await withService(fault, (target) => perf(target, inTime, ports()));
      expect(findings[0]).toMatchObject({ check: "performance /api/mcp/tools", outcome: "fail", saw });
      expect(verdict.kind).toBe("fail");
    },
  );
});

describe.concurrent("a look at a serving Atoms release", patience, () => {
  it.for([
    { fault: "", ok: true, saw: /healthy/ },
    { fault: "tool_error_rate:1", ok: false, saw: /workspace_tool failed/ },
  ])("$fault: ok is $ok", async ({ fault, ok, saw }, { expect }) => {
    const sample = await withService(fault, (target) => watchSample(target, anyTime, ports()));
    expect(sample).toMatchObject({ ok, saw });
  });
});
