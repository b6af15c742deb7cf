import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemClock } from "@atoms/engine";
import { ValidationSettings, validationPlan } from "@atoms/playbook";
import { ProbeSettings, probeSource } from "@atoms/playbook/measurement";
import type { ArmCounts, Bucket } from "@atoms/playbook/statistics";
import { undiciHttp } from "@atoms/vercel";
import { afterAll, beforeAll, expect, it } from "vitest";

// The promise: a release whose tools fail inside HTTP 200 is seen without any traffic. Both arms are the built service,
// the canary with a fault of its own, on one database.

const program = fileURLToPath(new URL("../services/atoms-mcp/bin/atoms-mcp.js", import.meta.url));
const resource = "http://127.0.0.1:50003/api/mcp";
const http = undiciHttp({ clock: systemClock });
const children: ChildProcess[] = [];
let token: string;
let stable: string;
let canary: string;

beforeAll(async () => {
  const env = {
    ...process.env,
    ATOMS_RESOURCE_URL: resource,
    ATOMS_ENV: "local",
    ATOMS_PROBE_TOKEN: "probe-of-this-test",
  };
  const [databaseUrl, minted] = await Promise.all([
    start(["db", "--port", "0"], env),
    promisify(execFile)(process.execPath, [program, "token", "--user", "release", "--ttl", "3600"], { env }),
  ]);
  token = minted.stdout.trim();
  const serve = (deployment: string, fault: Record<string, string> = {}) =>
    start(["serve", "--port", "0"], {
      ...env,
      DATABASE_URL: databaseUrl,
      ATOMS_DEPLOYMENT_ID: deployment,
      ATOMS_VERSION: "v20260105.120000",
      ...fault,
    });
  // One after the other: the first brings the database up to date.
  stable = await serve("dpl_stable");
  canary = await serve("dpl_canary", { ATOMS_FAULT: "tool_error_rate:0.5" });
}, 60_000);

afterAll(async () => {
  await http.close();
  for (const child of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
});

async function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`it ended with ${code} before it listened`)),
    ),
  ]);
  return (JSON.parse(line) as { url: string }).url;
}

it("the probe sees the tools of the canary fail, in both generations, where statuses show nothing", async () => {
  const source = probeSource(
    {
      settings: ProbeSettings.parse({ rate: 10 }),
      validation: validationPlan(
        ValidationSettings.parse({
          probe_header: { value: "probe-of-this-test" },
          smoke: { mcp: { call: { tool: "workspace_tool", arguments: { operation: "list_workspaces" } } } },
        }),
        { kind: "mcp", health: "/health" },
      ),
      slow: [10_000],
    },
    { http, clock: systemClock, bearerToken: async () => token },
  );
  const notes: string[] = [];
  const buckets: Bucket[] = await source.measure(
    {
      canary: { deployment: "dpl_canary", address: canary, headers: {} },
      stable: { deployment: "dpl_stable", address: stable, headers: {} },
    },
    { seconds: 4, split: 0 },
    new AbortController().signal,
    (note) => notes.push(note),
  );
  const sum = (arm: "canary" | "stable", of: (counts: ArmCounts) => number) =>
    buckets.reduce((so, bucket) => so + of(bucket[arm]), 0);
  for (const arm of ["canary", "stable"] as const) {
    expect(sum(arm, (c) => c.requests)).toBe(40);
    expect(sum(arm, (c) => c.errors)).toBe(0);
    expect(sum(arm, (c) => c.tools?.calls ?? 0)).toBe(40);
  }
  // A machine that is short of breath may cost the sound arm a call; it must not be confused with the sick one.
  const unlucky = sum("stable", (c) => c.tools?.errors ?? 0);
  expect(unlucky).toBeLessThanOrEqual(2);
  const failed = sum("canary", (c) => c.tools?.errors ?? 0);
  expect(failed).toBeGreaterThanOrEqual(5 + unlucky);
  expect(failed).toBeLessThanOrEqual(35);
  expect(notes).toEqual([]);
});
