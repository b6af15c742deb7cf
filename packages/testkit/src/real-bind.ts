import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const startMs = 60_000;

function programOf(name: string): string {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`${name} is not installed: apt-get install --no-install-recommends bind9 bind9-dnsutils`);
  return found;
}

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A key of the test's own, in base64. */
export const bindKey = {
  name: "atoms",
  algorithm: "hmac-sha256",
  secret: Buffer.from("a key of the tests alone, 32 byt").toString("base64"),
} as const;

/**
 * A real BIND on loopback that is the primary of one zone, which the key may change.
 * @param zone Its name, and its records as lines of a zone file.
 */
export async function startBind(zone: string, records: readonly string[]) {
  const named = programOf("named");
  const folder = mkdtempSync(join(tmpdir(), "atoms-bind-"));
  writeFileSync(
    join(folder, "zone"),
    [
      `$ORIGIN ${zone}.`,
      "$TTL 300",
      "@ SOA ns hostmaster 1 3600 600 86400 60",
      "@ NS ns",
      "ns A 127.0.0.1",
      ...records,
      "",
    ].join("\n"),
  );
  let child: ChildProcess | undefined;
  const end = async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
  };
  const remove = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // Somebody else may take the port in between.
    for (let tried = 1; ; tried++) {
      const port = await freePort();
      configure(folder, zone, port);
      child = spawn(named, ["-g", "-n", "1", "-c", join(folder, "named.conf")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr?.on("data", (text) => {
        said = (said + text).slice(-4_000);
      });
      if (await answers(port, zone, child))
        return {
          server: `127.0.0.1:${port}`,
          remove,
          /** Changes the zone as somebody else would. @param lines Commands of nsupdate. */
          update: (lines: readonly string[]) => update(port, lines),
          /** What it says of a name. */
          ask: async (name: string, type: string) =>
            (await run("dig", ["+short", "+time=5", "-p", String(port), "@127.0.0.1", name, type])).stdout
              .trim()
              .split("\n")
              .filter((line) => line !== ""),
        };
      if (tried === 3) throw new Error(`named does not answer: ${said}`);
      await end();
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

function configure(folder: string, zone: string, port: number): void {
  const { name, algorithm, secret } = bindKey;
  const at = (file: string) => JSON.stringify(join(folder, file));
  writeFileSync(
    join(folder, "named.conf"),
    `options {
  directory ${at("")}; pid-file ${at("pid")}; session-keyfile ${at("session.key")}; lock-file none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no; empty-zones-enable no;
};
controls { };
key "${name}" { algorithm ${algorithm}; secret "${secret}"; };
key "stranger" { algorithm ${algorithm}; secret "${secret}"; };
zone "${zone}" { type primary; file ${at("zone")}; update-policy { grant ${name} zonesub ANY; }; };
`,
  );
}

async function answers(port: number, zone: string, child: ChildProcess): Promise<boolean> {
  const until = Date.now() + startMs;
  while (child.exitCode === null && Date.now() < until) {
    const { stdout } = await run("dig", [
      "+short",
      "+time=1",
      "+tries=1",
      "-p",
      String(port),
      "@127.0.0.1",
      zone,
      "SOA",
    ]).catch(() => ({ stdout: "" }));
    if (stdout.includes("hostmaster")) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function update(port: number, lines: readonly string[]): Promise<void> {
  const { name, algorithm, secret } = bindKey;
  const text = [`server 127.0.0.1 ${port}`, `key ${algorithm}:${name} ${secret}`, ...lines, "send", ""].join(
    "\n",
  );
  await new Promise<void>((resolve, reject) => {
    const child = execFile("nsupdate", ["-v"], (error) => (error === null ? resolve() : reject(error)));
    child.stdin?.end(text);
  });
}
