import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { printedLines } from "../runtime/printed-lines.js";
import { endGroup, INSTANCE_VARIABLE, type ProcessRecord } from "../runtime/process-group.js";
import { BuildCanceled } from "./build-error.js";

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
  const read = async (stream: Readable, name: "stdout" | "stderr") => {
    for await (const text of printedLines(stream)) await onLine(name, text);
  };
  const reading = [read(child.stdout, "stdout"), read(child.stderr, "stderr")];
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", resolve);
    });
    if (pid !== undefined) await endGroup(pid, command.mark, 500);
    await Promise.all(reading);
    if (signal.aborted) throw signal.reason instanceof Error ? signal.reason : new BuildCanceled();
    return code;
  } finally {
    signal.removeEventListener("abort", abort);
    if (pid !== undefined) record.remove(pid);
    await Promise.allSettled(reading);
  }
}
