import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { authority, certificates, key } from "../packages/vercel/src/testing/certificates.js";

/** The password of its user `default`. */
export const password = "a-secret/of+Redis";

/** A server that runs. */
export interface RedisServer {
  /** Its address without the number of a database. */
  readonly url: string;
  readonly tlsUrl: string;
  /** File with the certificate of whoever signed the server's. */
  readonly ca: string;
  /** Runs commands, one a line, in a database. @returns what was answered. */
  run(commands: string, database?: number): Promise<string>;
  /** Makes keys of a prefix: `<prefix>:0` and so on. */
  fill(prefix: string, count: number, database?: number): Promise<void>;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  close(): Promise<void>;
}

/** Starts Debian's redis-server on loopback. @throws Error with the command to type where there is none. */
export async function startRedis(...more: string[]): Promise<RedisServer> {
  if (spawnSync("redis-server", ["--version"]).status !== 0)
    throw new Error("This test needs Redis: sudo apt-get install --no-install-recommends redis-server");
  const folder = await mkdtemp(join(tmpdir(), "atoms-redis-"));
  const ca = join(folder, "authority.pem");
  await writeFile(ca, authority);
  await writeFile(join(folder, "server.pem"), certificates.good);
  await writeFile(join(folder, "server.key"), key);
  for (let attempt = 1; ; attempt++) {
    const [port, tls] = [await freePort(), await freePort()];
    const child = spawn("redis-server", [...words(folder, port, tls), ...more], { stdio: "ignore" });
    const run = (commands: string, database = 0) => ask(port, commands, database);
    if (await ready(run, child)) {
      const at = `default:${encodeURIComponent(password)}@127.0.0.1`;
      return {
        url: `redis://${at}:${port}`,
        tlsUrl: `rediss://${at}:${tls}`,
        ca,
        run,
        fill: async (prefix, count, database) =>
          void (await run(`debug populate ${count} ${prefix}`, database)),
        signal: (signal) => void child.kill(signal),
        async close() {
          await ended(child);
          await rm(folder, { recursive: true, force: true });
        },
      };
    }
    await ended(child);
    // Another process may have taken the port meanwhile.
    if (attempt === 3) throw new Error("redis-server did not become ready");
  }
}

/** Starts three masters that share the keys. @returns the first; `run` follows to the node that has a key, `close` ends all. */
export async function startRedisCluster(): Promise<RedisServer> {
  const nodes: RedisServer[] = [];
  const close = async () => void (await Promise.all(nodes.map((node) => node.close())));
  try {
    for (let n = 0; n < 3; n++) {
      const bus = String(await freePort());
      // Before Redis 7.2 the nodes tell clients with TLS the right ports only when they use TLS among themselves.
      const words = ["--cluster-enabled", "yes", "--cluster-port", bus, "--tls-cluster", "yes"];
      nodes.push(await startRedis(...words, "--databases", "1"));
    }
    const [first] = nodes;
    if (first === undefined) throw new Error("no node was started");
    const addresses = nodes.map(({ tlsUrl }) => `127.0.0.1:${new URL(tlsUrl).port}`);
    await cli(["--tls", "--cacert", first.ca, "--cluster", "create", ...addresses, "--cluster-yes"]);
    const { port } = new URL(first.url);
    const isWhole = async (node: RedisServer) => /^cluster_state:ok/.test(await node.run("cluster info"));
    for (let tries = 0; !(await Promise.all(nodes.map(isWhole))).every(Boolean); tries++) {
      if (tries === 300) throw new Error("the cluster did not become whole");
      await pause(100);
    }
    return {
      ...first,
      run: (commands) => cli(["-c", "-h", "127.0.0.1", "-p", port], commands),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const words = (folder: string, port: number, tls: number) => [
  ...["--bind", "127.0.0.1", "--port", String(port), "--tls-port", String(tls), "--dir", folder],
  ...["--save", "", "--appendonly", "no", "--requirepass", password, "--enable-debug-command", "yes"],
  ...["--tls-cert-file", join(folder, "server.pem"), "--tls-key-file", join(folder, "server.key")],
  ...["--tls-ca-cert-file", join(folder, "authority.pem"), "--tls-auth-clients", "no", "--databases", "4"],
];

const ask = (port: number, commands: string, database: number): Promise<string> =>
  cli(["-h", "127.0.0.1", "-p", String(port), "-n", String(database)], commands);

function cli(args: string[], commands = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, REDISCLI_AUTH: password };
    const how = { env, timeout: 30_000 };
    const child = execFile("redis-cli", ["--no-auth-warning", ...args], how, (error, out) =>
      error === null ? resolve(out.trim()) : reject(error),
    );
    child.stdin?.end(`${commands}\n`);
  });
}

async function ready(run: (commands: string) => Promise<string>, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    if ((await run("ping").catch(() => "")) === "PONG") return true;
    await pause(100);
  }
  return false;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return port;
}
