import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { systemClock } from "@atoms/engine";
import { type Finding, type Target, ValidationSettings, validationPlan } from "@atoms/playbook";
import { undiciHttp } from "@atoms/vercel";
import { afterAll, beforeAll } from "vitest";
import { end, listening, program, resource } from "./atoms-service.js";

// The promise: a bad Atoms release is caught by the check that is there for it. The service is the built one, its faults
// are its own (ATOMS_FAULT), the requests go through the adapter that ships.

export const deployment = "dpl_candidate";
export const version = "v20260105.120000";
const probe = "probe-of-this-test";

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
export const anyTime = plan("5s", { p95: 4_500, p99: 4_900 });
export const inTime = plan("3s", { p95: 200, p99: 500 });

let database: ChildProcess;
let databaseUrl: string;
let token: string;
let http: ReturnType<typeof undiciHttp>;
export const ports = () => ({
  http,
  clock: systemClock,
  bearerToken: async () => token,
  signal: AbortSignal.timeout(25_000),
});

/** Starts the database that the services of a test file share, and ends it when its tests are over. */
export function shareDatabase(): void {
  beforeAll(async () => {
    http = undiciHttp({ clock: systemClock });
    const env = { ...process.env, ATOMS_RESOURCE_URL: resource };
    database = spawn(process.execPath, [program, "db", "--port", "0"], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [said, minted] = await Promise.all([
      listening(database),
      promisify(execFile)(process.execPath, [program, "token", "--user", "release", "--ttl", "3600"], {
        env,
      }),
    ]);
    databaseUrl = said;
    token = minted.stdout.trim();
  }, 60_000);

  afterAll(async () => {
    await http.close();
    await end(database);
  });
}

/** At most two services at a time: this machine is small. */
const waiting: (() => void)[] = [];
let free = 2;
export async function withService<T>(fault: string, work: (target: Target) => Promise<T>): Promise<T> {
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

/** What did not pass. */
export const bad = (findings: readonly Finding[]) =>
  findings.filter((f) => f.outcome !== "pass").map((f) => f.check);
