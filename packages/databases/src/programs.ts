import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { programMissing, programOld } from "@atoms/playbook";

/** PostgreSQL's own programs that are used here. */
export type Program = "pg_dump" | "pg_restore";

const run = promisify(execFile);
/** Where Debian puts PostgreSQL, one folder per version. */
export const debian = "/usr/lib/postgresql";

/**
 * Finds one of PostgreSQL's programs: in PATH, else where Debian puts them, the newest.
 * @param least Major version of the server; an older program does not understand it.
 * @throws ATM-230 when there is none, ATM-231 when all are older.
 */
export async function findProgram(
  program: Program,
  least: number,
  path: string = process.env["PATH"] ?? "",
): Promise<string> {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...path.split(delimiter), ...versions.map((version) => join(debian, version, "bin"))];
  let newest = 0;
  for (const folder of folders) {
    const file = join(folder, program);
    if (folder === "" || !existsSync(file)) continue;
    const major = await majorOf(file);
    if (major >= least) return file;
    newest = Math.max(newest, major);
  }
  throw newest === 0 ? programMissing({ program }) : programOld({ program, found: newest, least });
}

const majors = new Map<string, number>();

/** Asked once per process: on Debian the program is a script that first looks for the real one. */
async function majorOf(file: string): Promise<number> {
  const known = majors.get(file) ?? (await askedMajor(file));
  majors.set(file, known);
  return known;
}

async function askedMajor(file: string): Promise<number> {
  try {
    const { stdout } = await run(file, ["--version"], { timeout: 10_000 });
    return Number(/(\d+)/.exec(stdout)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A program that runs. */
export type Running = {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** When it has ended: its exit code and the last it said on standard error. */
  ended: Promise<{ code: number; said: string }>;
};

/** Starts a program without a shell. The signal ends it. */
export function start(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Running {
  const child = spawn(file, [...args], {
    env: { ...process.env, ...env, LC_ALL: "C" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // It may end before it has read all: its exit code tells why, a broken pipe tells nothing.
  child.stdin.on("error", () => undefined);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const stop = () => void child.kill("SIGTERM");
  signal?.addEventListener("abort", stop, { once: true });
  const ended = new Promise<{ code: number; said: string }>((resolve) => {
    child.once("error", (error) => resolve({ code: 127, said: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 1, said: said.trim() }));
  }).finally(() => signal?.removeEventListener("abort", stop));
  return { child, ended };
}
