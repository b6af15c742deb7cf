import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { service } from "./service.js";

const program = fileURLToPath(new URL("../../apps/cli/bin/atoms.js", import.meta.url));

/** A command that has ended. */
export type Ended = { code: number | null; out: string; err: string };

/** One line of `--json`: a ledger entry, a finding, or a command's last word. */
// biome-ignore lint/suspicious/noExplicitAny: what a stranger's program reads from JSON has no type either
export type Line = any;

/** A command that is running. */
export interface Running {
  /** What it printed on standard output so far, line by line, parsed. */
  readonly lines: readonly Line[];
  readonly pid: number;
  /** Waits for a line. @throws when the command ends or 120 s pass without one. */
  until(wanted: (line: Line) => boolean): Promise<Line>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** A folder with a service and a playbook, as a user of Atoms has it. */
export interface Shop {
  readonly folder: string;
  /** Runs `atoms` in the folder to its end. */
  atoms(...args: string[]): Promise<Ended>;
  /** Runs `atoms … --json` to its end. @returns its exit code and all its lines, the last of them apart. */
  json(...args: string[]): Promise<{ code: number | null; lines: Line[]; last: Line }>;
  /** Starts `atoms … --json`. */
  start(...args: string[]): Running;
  write(file: string, text: string): void;
  /** Environment variables of every command from now on. */
  readonly env: Record<string, string>;
  /** Process ids of what runs in the background for this folder. */
  background(): number[];
  /** Ends whatever runs, and removes the folder. */
  close(): Promise<void>;
}

/** A playbook with short times. `more` is added at its end. */
export function playbook(
  more = "",
  watch = "{ duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }",
) {
  return `version: 1
service: { name: shop, source: ., kind: http, health: /health }
platform: local
preflight: { git_clean: false, branch: false, dependencies: false, tests: false }
standard:
  watch: ${watch}
validation:
  smoke: { health: { field: status } }
  performance: false
${more}`;
}

/** Makes a shop in a temporary folder. Close it when done. */
export function openShop(text = playbook()): Shop {
  const folder = mkdtempSync(join(tmpdir(), "atoms-cli-test-"));
  const children = new Set<ChildProcess>();
  const env: Record<string, string> = { NO_COLOR: "1" };
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  write("package.json", JSON.stringify({ name: "shop", version: "1.0.0", type: "module" }));
  write("server.js", service);
  write("playbook.yaml", text);

  const background = () => {
    const run = join(folder, ".atoms", "run");
    if (!existsSync(run)) return [];
    return readdirSync(run)
      .filter((name) => name.endsWith(".json"))
      .map((name) => (JSON.parse(readFileSync(join(run, name), "utf8")) as { pid: number }).pid)
      .filter(alive);
  };

  const start = (...args: string[]): Running => {
    const child = spawn(process.execPath, [program, ...args, "--json"], {
      cwd: folder,
      env: { ...surroundings(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    const lines: Line[] = [];
    let [out, err, rest, over] = ["", "", "", false];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const whole = (rest + text).split("\n");
      rest = whole.pop() ?? "";
      // Anything that is no JSON is a mistake of the command, and ends the test here.
      for (const line of whole) lines.push(parsed(line, args));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once("close", (code) => {
        over = true;
        children.delete(child);
        resolve({ code, out, err });
      });
    });
    return {
      lines,
      pid: child.pid ?? 0,
      ended,
      kill: (signal) => void child.kill(signal),
      async until(wanted) {
        for (const late = performance.now() + 120_000; performance.now() < late; await pause(10)) {
          const found = lines.find(wanted);
          if (found !== undefined) return found;
          if (over) throw new Error(`atoms ${args.join(" ")} ended before that line:\n${out}\n${err}`);
        }
        throw new Error(`atoms ${args.join(" ")} did not print that line in 120 s:\n${out}\n${err}`);
      },
    };
  };

  return {
    folder,
    env,
    write,
    background,
    start,
    async atoms(...args) {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: folder,
        env: { ...surroundings(), ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      children.add(child);
      const ended = await outputOf(child);
      children.delete(child);
      refuseTraces(ended, args);
      return ended;
    },
    async json(...args) {
      const running = start(...args);
      const ended = await running.ended;
      refuseTraces(ended, args);
      return { code: ended.code, lines: [...running.lines], last: running.lines.at(-1) };
    },
    async close() {
      for (const child of children) child.kill("SIGKILL");
      const pids = background();
      for (const pid of pids) signal(pid, "SIGTERM");
      for (let i = 0; i < 100 && pids.some(alive); i++) await pause(100);
      for (const pid of pids) signal(pid, "SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Is there a process of that id? */
export function alive(pid: number): boolean {
  return signal(pid, 0);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function parsed(line: string, args: string[]): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    throw new Error(`atoms ${args.join(" ")} --json printed a line that is no JSON: ${line}`);
  }
}

function refuseTraces({ err, out }: Ended, args: string[]): void {
  const trace = /^\s+at .+:\d+:\d+\)?$/m.exec(`${out}\n${err}`);
  if (trace !== null) throw new Error(`atoms ${args.join(" ")} printed a stack trace:\n${err}`);
}

async function outputOf(child: ChildProcess): Promise<Ended> {
  let [out, err] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, out, err }));
  });
}

/** This process's environment without what would change how Atoms behaves. */
function surroundings(): Record<string, string> {
  const foreign = /^(ATOMS_|VERCEL_|DATABASE_URL$|FORCE_COLOR$|CI$|NODE_OPTIONS$|VITEST|GIT_)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined || foreign.test(key) ? [] : [[key, value]],
    ),
  );
}
