import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, chown, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { connected } from "./connect.js";
import { debian } from "./programs.js";

const run = promisify(execFile);
/** PostgreSQL refuses to run as root; then it runs as the user "nobody". */
const nobody = 65534;
/** Oldest version that Atoms supports. */
const oldest = 15;
const startMs = 60_000;
const stopMs = 10_000;

/** A PostgreSQL that this process started, in a folder of its own. */
export type OwnServer = {
  /** Address of a superuser with a password. Secret. */
  url: string;
  /** Ends it at once, as if its machine had died. */
  crash(): Promise<void>;
  /** Ends it, and removes its folder. */
  remove(): Promise<void>;
};

/**
 * The folder of `initdb` and `postgres`, in PATH or where Debian puts them: the first that can be run by whoever will run it.
 * @returns undefined when there is none of version 15 or newer.
 */
export async function findServerPrograms(
  path: string = process.env["PATH"] ?? "",
): Promise<string | undefined> {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...path.split(delimiter), ...versions.map((version) => join(debian, version, "bin"))];
  for (const folder of folders) {
    if (folder === "" || !["initdb", "postgres"].every((name) => existsSync(join(folder, name)))) continue;
    const said = await run(join(folder, "postgres"), ["--version"], {
      ...asWhom(),
      cwd: "/",
      timeout: 10_000,
    }).catch(() => undefined);
    if (Number(/(\d+)/.exec(said?.stdout ?? "")?.[1] ?? 0) >= oldest) return folder;
  }
  return undefined;
}

const asWhom = () => (process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {});

/**
 * Makes a PostgreSQL in a new folder and starts it on a free loopback port. It is not meant to survive its machine: nothing
 * is synced to the disk.
 * @param given.folder Made here; it must not exist, and its parent must be open to the user "nobody" when this is root.
 * @throws what initdb or the server says.
 */
export async function startOwnServer(given: {
  programs: string;
  folder: string;
  signal?: AbortSignal;
}): Promise<OwnServer> {
  const { programs, folder, signal } = given;
  const who = asWhom();
  const data = join(folder, "data");
  const word = join(folder, "password");
  const password = randomBytes(18).toString("base64url");
  await mkdir(folder, { mode: 0o700 });
  try {
    await writeFile(word, password, { mode: 0o600 });
    if (who.uid !== undefined) for (const path of [folder, word]) await chown(path, nobody, nobody);
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    await run(
      join(programs, "initdb"),
      ["-D", data, "-U", "atoms", "-A", "scram-sha-256", `--pwfile=${word}`].concat([
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
      ]),
      { ...who, env, cwd: folder, ...(signal === undefined ? {} : { signal }) },
    );
    await chmod(data, 0o700);
    const port = await freePort();
    const settings = {
      listen_addresses: "127.0.0.1",
      port,
      unix_socket_directories: "",
      fsync: "off",
      full_page_writes: "off",
    };
    const server = spawn(
      join(programs, "postgres"),
      ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      // A group of its own: Ctrl-C in the terminal is for the drill, which then ends this in order.
      { ...who, env, cwd: folder, stdio: ["ignore", "ignore", "pipe"], detached: true },
    );
    let said = "";
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2_000);
    });
    const url = `postgresql://atoms:${password}@127.0.0.1:${port}/postgres`;
    await answers(url, server, () => said, signal);
    const end = async (how: "SIGQUIT" | "SIGINT") => {
      await ended(server, how);
    };
    return {
      url,
      crash: () => end("SIGQUIT"),
      async remove() {
        await end("SIGINT");
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await removeOwnServer(folder);
    throw error;
  }
}

/**
 * Ends the server of a folder, whoever started it, and removes the folder. Safe to run twice.
 * @throws when it does not end.
 */
export async function removeOwnServer(folder: string): Promise<void> {
  const pid = serverOf(folder);
  if (pid !== undefined) {
    for (const [signal, waitMs] of [
      ["SIGQUIT", stopMs],
      ["SIGKILL", 3_000],
    ] as const) {
      kill(pid, signal);
      const until = performance.now() + waitMs;
      while (serverOf(folder) === pid && performance.now() < until) await pause(50);
    }
    if (serverOf(folder) === pid) throw new Error(`PostgreSQL (process ${pid}) of ${folder} does not end`);
  }
  await rm(folder, { recursive: true, force: true });
}

/** The process that serves a folder: its id as PostgreSQL wrote it down, if that process is PostgreSQL on this folder. */
function serverOf(folder: string): number | undefined {
  const data = join(folder, "data");
  try {
    const pid = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    process.kill(pid, 0);
    // Where the system does not say what a process is, the file is believed: PostgreSQL removes it when it ends.
    if (!existsSync("/proc/self/cmdline")) return pid;
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(data) ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function answers(
  url: string,
  server: ChildProcess,
  said: () => string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const until = performance.now() + startMs;
  for (;;) {
    signal?.throwIfAborted();
    if (server.exitCode !== null || server.signalCode !== null || performance.now() > until)
      throw new Error(`PostgreSQL did not start: ${said().trim().split("\n").at(-1) ?? ""}`);
    const up = await connected(url, (db) => db.query("select 1"), signal).catch(() => undefined);
    if (up !== undefined) return;
    await pause(50);
  }
}

async function ended(server: ChildProcess, how: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const over = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  server.kill(how);
  const timer = setTimeout(() => server.kill("SIGKILL"), stopMs);
  await over;
  clearTimeout(timer);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
