import { type ChildProcess, spawn } from "node:child_process";

/** How a program is run. */
export type GroupOptions = {
  /** Absolute path of the folder to run in. */
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** How long the group is given to end by itself after SIGTERM, in milliseconds. Default 3,000. */
  graceMs?: number | undefined;
  /** Told what it writes, as it is written. */
  onOutput: (stream: "out" | "err", text: string) => void;
};

/** How it ended. */
export type GroupEnd = {
  /** Exit code; undefined when it was stopped by a signal, stopped by us, or did not start. */
  exit?: number;
  timedOut: boolean;
  aborted: boolean;
  /** Why it did not start, with the system's name of the error. */
  notStarted?: { code: string | undefined; message: string };
};

/** Output may still be on its way when the program has ended; after this long nobody waits for it. */
const drainMs = 500;

/** Groups that are running, so that none outlives this process when it ends in the ordinary way. */
const running = new Set<number>();
let watchesExit = false;

/**
 * Runs a program in its own process group, without a terminal and without input. When the time is up or the signal
 * fires, the whole group is asked to end and then killed, so that a child that holds the output open (git's ssh, a test
 * runner's workers) cannot hold up the caller. What the program leaves running when it ends by itself is killed too.
 * @returns How it ended. Never throws.
 */
export async function runInGroup(
  file: string,
  args: readonly string[],
  options: GroupOptions,
): Promise<GroupEnd> {
  const ended = { timedOut: false, aborted: false };
  if (options.signal?.aborted === true) return { ...ended, aborted: true };
  const graceMs = options.graceMs ?? 3_000;

  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.stdout.setEncoding("utf8").on("data", (text: string) => options.onOutput("out", text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => options.onOutput("err", text));
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", (error) => resolve(error));
  });
  const group = child.pid;
  if (failure !== undefined || group === undefined)
    return { ...ended, notStarted: { code: failure?.code, message: failure?.message ?? "no process id" } };
  remember(group);

  let killTimer: NodeJS.Timeout | undefined;
  const stop = (why: "timedOut" | "aborted") => {
    if (ended.timedOut || ended.aborted) return;
    ended[why] = true;
    killGroup(group, "SIGTERM");
    killTimer = setTimeout(() => killGroup(group, "SIGKILL"), graceMs);
  };
  const timer = setTimeout(() => stop("timedOut"), options.timeoutMs);
  const onAbort = () => stop("aborted");
  options.signal?.addEventListener("abort", onAbort, { once: true });

  const exit = await exited;
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", onAbort);
  // The leader is gone, but children that ignored the request, or were left in the background, may hold the group.
  if (killTimer !== undefined) await groupEnded(group, graceMs);
  clearTimeout(killTimer);
  killGroup(group, "SIGKILL");
  await drained(child, closed);
  running.delete(group);
  return exit === null || ended.timedOut || ended.aborted ? ended : { ...ended, exit };
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
