import { spawn } from "node:child_process";

/**
 * Runs a shell command whose output is a secret: it goes nowhere but back to the caller, and no word of it into a failure.
 * @param options.timeoutMs The longest it may take. @param options.mostBytes More output than this is a failure.
 * @returns its standard output, or in a few words why there is none.
 */
export function runQuietly(
  command: string,
  options: {
    cwd: string;
    env: Readonly<Record<string, string | undefined>>;
    timeoutMs: number;
    mostBytes: number;
    signal: AbortSignal;
  },
): Promise<{ out: string } | { failed: string }> {
  const { cwd, env, timeoutMs, mostBytes } = options;
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", command], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    let why: string | undefined;
    const end = (because: string) => {
      why ??= because;
      try {
        // The shell and whatever it has started.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const late = setTimeout(() => end(`was not done after ${Math.round(timeoutMs / 1_000)} s`), timeoutMs);
    const onAbort = () => end("was cut short");
    options.signal.addEventListener("abort", onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    child.stdout.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > mostBytes) end(`wrote more than ${mostBytes} bytes`);
      else pieces.push(piece);
    });
    const done = (result: { out: string } | { failed: string }) => {
      clearTimeout(late);
      options.signal.removeEventListener("abort", onAbort);
      resolve(result);
    };
    child.once("error", () => done({ failed: "could not be started" }));
    child.once("close", (code) => {
      if (why !== undefined) done({ failed: why });
      else if (code !== 0) done({ failed: `ended with ${code ?? "a signal"}; what it wrote is not shown` });
      else done({ out: Buffer.concat(pieces).toString("utf8") });
    });
  });
}
