import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A service that counts what it answers, and tells it as prom-client does. */
export async function startCountedService() {
  const counted = new Map<string, number>();
  const timed = new Map<string, number>();
  const bounds = ["0.05", "0.1", "0.5", "1", "+Inf"];
  const server = createServer((request, response) => {
    const lines = ["# HELP http_requests_total Requests.", "# TYPE http_requests_total counter"];
    for (const [code, value] of counted) lines.push(`http_requests_total{code="${code}"} ${value}`);
    lines.push("# HELP http_request_seconds Durations.", "# TYPE http_request_seconds histogram");
    for (const le of bounds) lines.push(`http_request_seconds_bucket{le="${le}"} ${timed.get(le) ?? 0}`);
    lines.push(`http_request_seconds_count ${timed.get("+Inf") ?? 0}`);
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(request.url === "/metrics" ? `${lines.join("\n")}\n` : "ok");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** As if it had answered so many requests. */
    answered(times: number, { code = "200", seconds = 0.02 } = {}) {
      counted.set(code, (counted.get(code) ?? 0) + times);
      for (const le of bounds)
        if (le === "+Inf" || seconds <= Number(le)) timed.set(le, (timed.get(le) ?? 0) + times);
    },
    /** As if its process had been replaced by a new one. */
    restart() {
      counted.clear();
      timed.clear();
      counted.set("200", 0);
    },
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** The password of the user `atoms` is "test"; Prometheus wants it as bcrypt. */
const hash = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay";
export const authorization = `Basic ${Buffer.from("atoms:test").toString("base64")}`;

/**
 * Starts Debian's Prometheus, which scrapes these services every second and lets nobody in without a password.
 * @throws Error with the command to type where there is none.
 */
export async function startPrometheus(targets: { deployment: string; host: string }[]) {
  if (spawnSync("prometheus", ["--version"]).status !== 0)
    throw new Error("This test needs Prometheus: sudo apt-get install --no-install-recommends prometheus");
  const folder = await mkdtemp(join(tmpdir(), "atoms-prometheus-"));
  const port = await freePort();
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [
      {
        job_name: "shop",
        static_configs: targets.map(({ deployment, host }) => ({ targets: [host], labels: { deployment } })),
      },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  await writeFile(join(folder, "web.yml"), JSON.stringify({ basic_auth_users: { atoms: hash } }));
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--web.config.file=${join(folder, "web.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(url, child);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, stop: () => ended(child), close };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await gone;
  clearTimeout(late);
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/-/ready`, { headers: { authorization } }).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Prometheus was not ready after 20 s");
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return port;
}
