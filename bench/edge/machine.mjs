// What the benchmark of the edge asks of the machine: other programs, cores, and the processor time of a process.
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const bareProxy = fileURLToPath(new URL("./bare-proxy.mjs", import.meta.url));
const stillServer = fileURLToPath(new URL("./still-server.mjs", import.meta.url));
const load = fileURLToPath(new URL("./load.mjs", import.meta.url));

/** Is there such a program? */
export function has(program) {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Two cores: the first for what is measured, the second for what sends and answers. Null where that cannot be chosen. */
export const cores = availableParallelism() > 1 && has("taskset") ? { proxy: "1", rest: "0" } : null;

/** Puts all threads of a process on a core. */
export function pin(pid, core) {
  if (core !== undefined) execFileSync("taskset", ["-a", "-c", "-p", core, String(pid)], { stdio: "ignore" });
}

/** A command that runs on a core. */
export function onCore(core, file, args) {
  return core === undefined ? [file, args] : ["taskset", ["-c", core, file, ...args]];
}

/** Starts the proxy that decides nothing, before a process. @returns its port and process id, and what ends it */
export const startBareProxy = (port) => startProgram(cores?.proxy, bareProxy, String(port));

/** Starts the server that does nothing. @returns its port and process id, and what ends it */
export const startStillServer = () => startProgram(undefined, stillServer);

/** Starts a program that prints its port. */
async function startProgram(core, program, ...words) {
  const [file, args] = onCore(core, process.execPath, [program, ...words]);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then((code) => reject(new Error(`${program} ended with ${code}`)));
  });
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { port: Number(line), pid: child.pid, close };
}

/**
 * Seconds of processor time that a process has used, as its threads were scheduled: the system's own sums count in ticks, and
 * are off by a tenth in a second. Null where the system does not tell.
 */
export function cpuSeconds(pid) {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return null;
  const used = readdirSync(threads).map((thread) => readFileSync(`${threads}/${thread}/schedstat`, "utf8"));
  return used.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0) / 1e9;
}

/**
 * Sends load from a process of its own; see load.mjs.
 * @throws When a request failed: what is fast because it fails is not fast.
 */
export async function sendLoad(options) {
  const [file, args] = onCore(cores?.rest, process.execPath, [load, JSON.stringify(options)]);
  const { stdout } = await run(file, args, { timeout: 70_000 });
  const result = JSON.parse(stdout);
  if (result.failed > 0 || result.requests === 0)
    throw new Error(`${result.failed} requests to port ${options.port} failed, ${result.requests} did not`);
  return result;
}
