import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

/** Is there a process of that id? One that belongs to somebody else counts. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * When a process was started, in clock ticks since the machine was, as text; undefined where the system does not say.
 * Process ids are used again, so an id alone does not name a process.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name stands in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** What a background process says of itself: how to reach it and which process it is. */
export type ProcessFile<T> = T & { pid: number; started?: string };

/** Writes a process file, readable by the owner alone, whole or not at all. */
export function writeProcessFile<T extends object>(path: string, content: T, pid = process.pid): void {
  const started = startTimeOf(pid);
  const text = JSON.stringify({ ...content, pid, ...(started === undefined ? {} : { started }) });
  const fd = openSync(`${path}.${process.pid}`, "w", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.${process.pid}`, path);
}

/** Reads a process file; undefined when there is none, when it is unreadable, or when its process is gone. */
export function readProcessFile<T>(path: string): ProcessFile<T> | undefined {
  try {
    const content = JSON.parse(readFileSync(path, "utf8")) as ProcessFile<T>;
    if (typeof content.pid !== "number" || !alive(content.pid)) return undefined;
    if (content.started !== undefined && startTimeOf(content.pid) !== content.started) return undefined;
    return content;
  } catch {
    return undefined;
  }
}

/**
 * Calls `then` once when a process file no longer names this process, e.g. because its folder was removed: nobody could
 * find the process any more, to use it or to stop it.
 */
export function whenForgotten(path: string, then: () => void, everyMs = 2_000): void {
  let missed = 0;
  const timer = setInterval(() => {
    missed = readProcessFile<object>(path)?.pid === process.pid ? 0 : missed + 1;
    if (missed < 2) return;
    clearInterval(timer);
    then();
  }, everyMs);
  timer.unref();
}

/** Removes a process file, if it is still that process's own. */
export function removeProcessFile(path: string, pid = process.pid): void {
  const standing = readProcessFile<object>(path);
  if (standing === undefined || standing.pid === pid) rmSync(path, { force: true });
}
