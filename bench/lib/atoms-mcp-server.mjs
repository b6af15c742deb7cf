// The built service as a process of its own, as `npx atoms-mcp serve` starts it, gone when it is stopped.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { deriveLocalKey } from "../../services/atoms-mcp/dist/auth/keys.js";
import { mintLocalToken } from "../../services/atoms-mcp/dist/auth/local-token.js";
import { DEVELOPMENT_SECRET } from "../../services/atoms-mcp/dist/config/index.js";

const program = fileURLToPath(new URL("../../services/atoms-mcp/bin/atoms-mcp.js", import.meta.url));
const bare = fileURLToPath(new URL("bare-mcp.mjs", import.meta.url));
const startMs = 30_000;
const pollMs = 5;

/**
 * @param {NodeJS.ProcessEnv} env Settings beside the path; nothing else of this environment is handed on.
 * @returns {Promise<{ url: string, healthyAfter: number, stop: () => Promise<void> }>} `healthyAfter`: milliseconds from
 *   the start of the process to the first healthy answer.
 */
export async function startService(env = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const running = start([program, "serve", "--port", String(port)], env);
  while (!(await healthy(url))) {
    if (running.over() || performance.now() - began > startMs) {
      await running.stop();
      throw new Error(`the service did not become healthy: ${running.said()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return { url, healthyAfter: performance.now() - began, stop: running.stop };
}

/** @returns {Promise<{ url: string, stop: () => Promise<void> }>} The endpoint of `bare-mcp.mjs`. */
export async function startBare() {
  const running = start([bare], {});
  const line = await running.firstLine;
  if (line === undefined) throw new Error(`the bare endpoint did not start: ${running.said()}`);
  return { url: JSON.parse(line).url, stop: running.stop };
}

/** A token of the local identity, as `atoms-mcp token` prints it. */
export function tokenOf(user, url) {
  return mintLocalToken(deriveLocalKey(DEVELOPMENT_SECRET), {
    user,
    issuer: url,
    audience: `${url}/api/mcp`,
    now: Date.now(),
  });
}

function start(args, env) {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let over = false;
  let said = "";
  child.stderr.on("data", (part) => {
    said = (said + part).slice(-2000);
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const firstLine = new Promise((resolve) => {
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    void ended.then(() => {
      over = true;
      process.removeListener("exit", kill);
      resolve(undefined);
    });
  });
  return {
    firstLine,
    over: () => over,
    said: () => said,
    async stop() {
      // Nobody is served any more, so there is nothing to drain.
      kill();
      await ended;
    },
  };
}

async function healthy(url) {
  try {
    const answer = await fetch(`${url}/health`, { headers: { connection: "close" } });
    return (await answer.json()).status === "healthy";
  } catch {
    return false;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
