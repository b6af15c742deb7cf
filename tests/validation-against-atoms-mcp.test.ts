import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Clock,
  type Finding,
  perf,
  smoke,
  type Target,
  ValidationSettings,
  validate,
  validationPlan,
  watchSample,
} from "@atoms/playbook";
import { undiciHttp } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// The promise: a bad Atoms release is caught by the check that is there for it. The service is the built one, its faults
// are its own (ATOMS_FAULT), the requests go through the adapter that ships.

const program = fileURLToPath(new URL("../services/atoms-mcp/bin/atoms-mcp.js", import.meta.url));
const deployment = "dpl_candidate";
const version = "v20260105.120000";
const probe = "probe-of-this-test";
// One resource for every instance, as in production, so that one token opens all of them.
const resource = "http://127.0.0.1:50002/api/mcp";

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** The plan of the Atoms playbook; limits on time only where a test is about time, for this machine may be busy. */
const plan = (timeout: string, limits: { p95: number; p99: number }) =>
  validationPlan(
    ValidationSettings.parse({
      timeout,
      probe_header: { value: probe },
      smoke: {
        serves_itself: { required: true },
        health: { words: ["healthy"] },
        login: {},
        auth_required: {},
        cors: {},
        mcp: {
          generations: ["2025", "2026"],
          expected_tools: ["workspace_tool"],
          call: { tool: "workspace_tool", arguments: { operation: "list_workspaces" } },
        },
        database: {},
        rate_limit: {},
      },
      performance: { rate: 100, baselines: { "/api/mcp/tools": limits } },
    }),
    { kind: "mcp", health: "/health" },
  );
const anyTime = plan("5s", { p95: 4_500, p99: 4_900 });
const inTime = plan("3s", { p95: 200, p99: 500 });

let database: ChildProcess;
let databaseUrl: string;
let token: string;
const http = undiciHttp({ clock });
const ports = () => ({
  http,
  clock,
  bearerToken: async () => token,
  signal: AbortSignal.timeout(25_000),
});

beforeAll(async () => {
  const env = { ...process.env, ATOMS_RESOURCE_URL: resource };
  database = spawn(process.execPath, [program, "db", "--port", "0"], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [said, minted] = await Promise.all([
    listening(database),
    promisify(execFile)(process.execPath, [program, "token", "--user", "release", "--ttl", "3600"], { env }),
  ]);
  databaseUrl = said;
  token = minted.stdout.trim();
}, 60_000);

afterAll(async () => {
  await http.close();
  await end(database);
});

async function listening(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no output to read");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`it ended with ${code} before it listened`)),
    ),
  ]);
  return (JSON.parse(line) as { url: string }).url;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** At most two services at a time: this machine is small. */
const waiting: (() => void)[] = [];
let free = 2;
async function withService<T>(fault: string, work: (target: Target) => Promise<T>): Promise<T> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free--;
  const child = spawn(process.execPath, [program, "serve", "--port", "0"], {
    env: {
      ...process.env,
      ATOMS_ENV: "local",
      ATOMS_RESOURCE_URL: resource,
      ATOMS_DEPLOYMENT_ID: deployment,
      ATOMS_VERSION: version,
      ATOMS_PROBE_TOKEN: probe,
      DATABASE_URL: databaseUrl,
      ...(fault === "" ? {} : { ATOMS_FAULT: fault }),
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    return await work({ address: await listening(child), deployment, version });
  } finally {
    await end(child);
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }
}

const bad = (findings: readonly Finding[]) =>
  findings.filter((f) => f.outcome !== "pass").map((f) => f.check);

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
    { fault: "health:degraded", check: "health", saw: /answers 200 but says "degraded"/ },
    { fault: "health:error", check: "health", saw: /500/ },
    { fault: "db:down", check: "database", saw: /"unhealthy" at checks.database.status/ },
    { fault: "auth:open", check: "auth-required", saw: /401 was expected/ },
    { fault: "auth:closed", check: "mcp-handshake", saw: /401.*although a token was sent/ },
    { fault: "login:500", check: "auth-login", saw: /500/ },
    { fault: "cors:off", check: "cors", saw: /404/ },
    { fault: "version:stale=v1", check: "serves-itself", saw: /version v1, not v2026/ },
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
    { fault: "latency:+300ms", saw: /p95 (?:[3-9]\d\d|\d{4})/ },
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
    { fault: "", ok: true, saw: /healthy/ },
    { fault: "health:degraded", ok: false, saw: /degraded/ },
    { fault: "db:down@all", ok: false, saw: /503/ },
    { fault: "tool_error_rate:1", ok: false, saw: /workspace_tool failed/ },
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
