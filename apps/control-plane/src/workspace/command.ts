import { type ChildProcess, spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import type { CommandResult } from "@atoms/playbook";

/** How a command is run. */
export type CommandOptions = {
  /** Absolute path of the folder to run in. */
  cwd: string;
  /** Variables of the command; default those of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Told every line as it is written, by either stream. */
  onLine?: (line: string) => void;
  /** Blanks secrets in a line before anybody sees it. */
  redact?: (line: string) => string;
  /** How long the group is given to end by itself after SIGTERM, in milliseconds. Default 3,000. */
  graceMs?: number;
};

const keptLines = 50;
const longestLine = 2_000;
/** Output may still be on its way when the command has ended; after this long nobody waits for it. */
const drainMs = 500;

/** Groups that are running, so that none outlives this process when it ends in the ordinary way. */
const running = new Set<number>();
let watchesExit = false;

/**
 * Runs a shell command in its own process group, without a terminal and without input. When the time is up or the
 * signal fires, the whole group is asked to end and then killed; what the command leaves running when it ends by
 * itself is killed too.
 * @returns How it ended. Never throws.
 */
export async function runCommand(command: string, options: CommandOptions): Promise<CommandResult> {
  const began = performance.now();
  const lines = new LastLines(options);
  const ended = { timedOut: false, aborted: false };
  const outcome = (exit: number | null | undefined, notStarted?: string): CommandResult => ({
    ...(typeof exit === "number" ? { exit } : {}),
    lastLines: lines.end(),
    ms: Math.round(performance.now() - began),
    ...ended,
    ...(notStarted === undefined ? {} : { notStarted }),
  });
  if (options.signal?.aborted === true) {
    ended.aborted = true;
    return outcome(undefined);
  }

  const child = spawn("/bin/sh", ["-c", command], {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env) },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started = await new Promise<string | undefined>((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", (error) => resolve(error.message));
  });
  if (started !== undefined || child.pid === undefined) return outcome(undefined, started ?? "no process id");
  const group = child.pid;
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  remember(group);
  child.stdout.setEncoding("utf8").on("data", (text: string) => lines.take("out", text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => lines.take("err", text));

  let killTimer: NodeJS.Timeout | undefined;
  const stop = (why: "timedOut" | "aborted") => {
    if (ended.timedOut || ended.aborted) return;
    ended[why] = true;
    killGroup(group, "SIGTERM");
    killTimer = setTimeout(() => killGroup(group, "SIGKILL"), options.graceMs ?? 3_000);
  };
  const timer = setTimeout(() => stop("timedOut"), options.timeoutMs);
  const onAbort = () => stop("aborted");
  options.signal?.addEventListener("abort", onAbort, { once: true });

  const exit = await new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", onAbort);
  // The shell is gone, but children that ignored the request, or were left in the background, may hold the group.
  if (killTimer !== undefined) await groupEnded(group, options.graceMs ?? 3_000);
  clearTimeout(killTimer);
  killGroup(group, "SIGKILL");
  await drained(child, closed);
  running.delete(group);
  return outcome(ended.timedOut || ended.aborted ? undefined : exit);
}

function killGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false; // Nobody is left in it.
  }
}

/** Waits until nobody is left in the group, at most `graceMs`: others in it may end more slowly than the shell. */
async function groupEnded(group: number, graceMs: number): Promise<void> {
  const until = performance.now() + graceMs;
  while (performance.now() < until) {
    try {
      process.kill(-group, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits for the rest of the output; a process that left the group could hold the pipes open for ever. */
async function drained(child: ChildProcess, closed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

function remember(group: number): void {
  running.add(group);
  if (watchesExit) return;
  watchesExit = true;
  process.once("exit", () => {
    for (const one of running) killGroup(one, "SIGKILL");
  });
}

/** Cuts two streams into lines and keeps the last ones. */
class LastLines {
  readonly #kept: string[] = [];
  readonly #open = { out: "", err: "" };

  constructor(private readonly options: Pick<CommandOptions, "onLine" | "redact">) {}

  take(stream: "out" | "err", text: string): void {
    // A lone \r redraws a line, as progress bars do: what it leaves is the last state.
    const parts = (this.#open[stream] + text).split(/\r*\n|\r(?!$)/);
    const rest = parts.pop() ?? "";
    for (const part of parts) this.#add(part);
    // A secret that is cut in two would not be recognised, so a line is only cut when it is absurdly long.
    if (rest.length > 64 * 1024) {
      this.#add(rest);
      this.#open[stream] = "";
    } else this.#open[stream] = rest;
  }

  end(): string[] {
    for (const stream of ["out", "err"] as const) {
      const rest = this.#open[stream];
      this.#open[stream] = "";
      if (rest !== "") this.#add(rest.replace(/\r$/, ""));
    }
    return [...this.#kept];
  }

  #add(raw: string): void {
    const line = (this.options.redact ?? same)(withoutControls(raw)).slice(0, longestLine);
    this.#kept.push(line);
    if (this.#kept.length > keptLines) this.#kept.shift();
    this.options.onLine?.(line);
  }
}

const same = (line: string) => line;

/** Takes colours and cursor moves out of a line: it is shown in places that are no terminal, and matched for secrets. */
const withoutControls = (line: string) => stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, "");
