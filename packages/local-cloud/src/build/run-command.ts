import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { printedLines } from "../runtime/printed-lines.js";
import { endGroup, INSTANCE_VARIABLE, type ProcessRecord } from "../runtime/process-group.js";
import { BuildCanceled } from "./build-error.js";

const LOOK_MS = 200;
const QUIET_LOOKS = 10;

/** A command of a build. */
export interface BuildCommand {
  /** Run by the shell when `args` is absent. */
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Marks the processes, so that none outlives the build. */
  readonly mark: string;
}

/**
 * Runs a command to its end and hands on what it prints.
 * @returns its exit code; null when a signal ended it
 * @throws BuildCanceled when `signal` fires; everything it started is ended then
 */
export async function runCommand(
  command: BuildCommand,
  record: ProcessRecord,
  signal: AbortSignal,
  onLine: (stream: "stdout" | "stderr", text: string) => Promise<void>,
): Promise<number | null> {
  signal.throwIfAborted();
  const env = { ...command.env, [INSTANCE_VARIABLE]: command.mark };
  const child = spawn(command.command, [...(command.args ?? [])], {
    cwd: command.cwd,
    env,
    shell: command.args === undefined,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pid = child.pid;
  if (pid !== undefined) record.add(pid, command.mark);
  const abort = () => {
    if (pid !== undefined) void endGroup(pid, command.mark, 1_000);
  };
  signal.addEventListener("abort", abort, { once: true });
  let lines = 0;
  const read = async (stream: Readable, name: "stdout" | "stderr") => {
    for await (const text of printedLines(stream)) {
      await onLine(name, text);
      lines++;
    }
  };
  const reading = [read(child.stdout, "stdout"), read(child.stderr, "stderr")];
  /** What got away from the build may hold its pipes for ever. What it prints after a while of silence is lost. */
  const readToTheEnd = async () => {
    let isOver = false;
    const all = Promise.allSettled(reading).then(() => {
      isOver = true;
    });
    let before = -1;
    for (let quiet = 0; !isOver && !signal.aborted && quiet < QUIET_LOOKS; before = lines) {
      await Promise.race([all, wait(LOOK_MS)]);
      quiet = lines === before ? quiet + 1 : 0;
    }
    if (isOver) await Promise.all(reading);
    else for (const stream of [child.stdout, child.stderr]) stream.destroy();
  };
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    if (pid !== undefined) await endGroup(pid, command.mark, 500);
    await readToTheEnd();
    if (signal.aborted) throw signal.reason instanceof Error ? signal.reason : new BuildCanceled();
    return code;
  } finally {
    signal.removeEventListener("abort", abort);
    if (pid !== undefined) record.remove(pid);
    await Promise.allSettled(reading);
  }
}
