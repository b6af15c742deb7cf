import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built program; refreshed by the build that precedes the tests. */
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A command that ran to its end. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface Running {
  readonly child: ChildProcess;
  /** The first line on stdout, as JSON. Rejects when the command ends without one, or after 40 s. */
  firstLine(): Promise<Record<string, string>>;
  ended: Promise<Ended>;
  stdout(): string;
}

const all = new Set<ChildProcess>();

/** Starts a command with a clean environment: only what is given, and the path. */
export function launch(args: string[], env: Record<string, string> = {}, main = MAIN, cwd?: string): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  all.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => {
      all.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    stdout: () => stdout,
    async firstLine() {
      const until = Date.now() + 40_000;
      let over = false;
      void ended.then(() => {
        over = true;
      });
      while (!stdout.includes("\n")) {
        if (over || Date.now() > until) throw new Error(`no line on stdout; stderr: ${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return JSON.parse(stdout.slice(0, stdout.indexOf("\n"))) as Record<string, string>;
    },
  };
}

/** Runs a command to its end. */
export function run(args: string[], env: Record<string, string> = {}, main = MAIN): Promise<Ended> {
  return launch(args, env, main).ended;
}

/** Ends whatever a failed test left behind; only what was started here. */
export function stopAll(): void {
  for (const child of all) child.kill("SIGKILL");
}
