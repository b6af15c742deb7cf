import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { storeInUse } from "../problems.js";

/** Who holds a folder. */
interface Holder {
  pid: number;
  /** When the process began, in the words of its system; tells it from a later process of the same number. */
  began: string;
  command: string;
  /** When it took the folder, ISO 8601. */
  since: string;
}

/** How long a takeover may take before its mark is taken for a leftover, in milliseconds. */
const takeoverMs = 5_000;

/**
 * Takes a folder for this process alone.
 * @returns A function that gives it back.
 * @throws storeInUse (ATM-701) while a living process holds it. What a dead one held is taken over.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, "lock");
  const mine: Holder = {
    pid: process.pid,
    began: processBegan(process.pid) ?? "unknown",
    command: commandOf(process.argv),
    since: new Date().toISOString(),
  };
  const text = JSON.stringify(mine);
  if (!claim(folder, path, text)) {
    takeOver(folder, path, text);
  }
  return () => {
    if (readText(path) === text) rmSync(path, { force: true });
  };
}

/** Puts the lock there whole, or not at all when there is one. */
function claim(folder: string, path: string, text: string): boolean {
  const draft = join(folder, `lock.${process.pid}.${Math.random().toString(36).slice(2)}`);
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function takeOver(folder: string, path: string, text: string): void {
  refuseIfHeld(folder, path);
  const mark = join(folder, "lock.takeover");
  // Only one takes over at a time, or the second would remove the lock the first has just put there.
  if (!marked(mark)) throw inUse(folder, path);
  try {
    refuseIfHeld(folder, path);
    rmSync(path, { force: true });
    if (!claim(folder, path, text)) throw inUse(folder, path);
  } finally {
    rmdirSync(mark);
  }
}

function marked(mark: string): boolean {
  try {
    mkdirSync(mark);
    return true;
  } catch {
    const age = Date.now() - (statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age < takeoverMs) return false;
    rmSync(mark, { recursive: true, force: true });
    mkdirSync(mark);
    return true;
  }
}

function refuseIfHeld(folder: string, path: string): void {
  const holder = readHolder(path);
  if (holder && processBegan(holder.pid) === holder.began) throw inUse(folder, path);
}

function inUse(folder: string, path: string): Error {
  const holder = readHolder(path);
  return storeInUse({
    folder,
    pid: holder?.pid ?? 0,
    command: holder?.command ?? "unknown",
    since: holder?.since ?? "just now",
  });
}

function readHolder(path: string): Holder | undefined {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as Holder | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** When a process began, or undefined when there is none of that number. */
function processBegan(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets and may hold anything; the 22nd is the start time.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : `${boot}/${fields[19]}`;
  } catch (error) {
    if (process.platform === "linux" && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The program and its first word, e.g. "atoms up"; what follows may hold secrets. */
function commandOf(argv: readonly string[]): string {
  const [, program = "node", verb = ""] = argv;
  const name = basename(program).replace(/\.m?js$/, "");
  return /^[a-z][a-z-]*$/.test(verb) ? `${name} ${verb}` : name;
}
