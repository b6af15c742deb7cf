import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The built command of the service. */
export const program = fileURLToPath(new URL("../services/atoms-mcp/bin/atoms-mcp.js", import.meta.url));
/** One resource for every instance, as in production, so that one token opens all of them. */
export const resource = "http://127.0.0.1:50002/api/mcp";

/** The built Atoms MCP Server with its database, and a token for it. */
export type AtomsService = { address: string; token: string; end(): Promise<void> };

/** Starts the service on loopback. @param probe The secret by which it knows its monitors. */
export async function atomsService(probe: string): Promise<AtomsService> {
  const env = { ...process.env, ATOMS_RESOURCE_URL: resource };
  const start = (args: string[], more: Record<string, string> = {}) =>
    spawn(process.execPath, [program, ...args], {
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "ignore"],
    });
  const database = start(["db", "--port", "0"]);
  const [url, minted] = await Promise.all([
    listening(database),
    promisify(execFile)(process.execPath, [program, "token", "--user", "release", "--ttl", "3600"], { env }),
  ]);
  const service = start(["serve", "--port", "0"], {
    ATOMS_ENV: "local",
    ATOMS_PROBE_TOKEN: probe,
    DATABASE_URL: url,
  });
  return {
    address: await listening(service),
    token: minted.stdout.trim(),
    end: async () => {
      await end(service);
      await end(database);
    },
  };
}

/** The address that a program of the service says when it listens. */
export async function listening(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no output to read");
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`it ended with ${code} before it listened`)),
    ),
  ]);
  return (JSON.parse(line) as { url: string }).url;
}

/** Ends a program at once, and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
