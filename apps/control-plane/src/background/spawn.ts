import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { defineProblem } from "@atoms/playbook";
import { alive } from "./process-file.js";

/** ATM-901 */
export const backgroundDied = defineProblem<{ what: string; log: string; last: string }>({
  code: "ATM-901",
  title: "A background process did not start",
  happened: (a) => `${a.what} ended before it was ready.${a.last === "" ? "" : ` It said last: ${a.last}`}`,
  fix: (a) => `Its log: ${a.log}. \`atoms doctor\` checks what it needs.`,
});

/** ATM-902 */
export const backgroundDidNotStop = defineProblem<{ what: string; pid: number }>({
  code: "ATM-902",
  title: "A background process did not stop",
  happened: (a) => `${a.what} (process ${a.pid}) is still running after it was told to stop and then killed.`,
  fix: (a) => `Look at it with \`ps -p ${a.pid}\`.`,
});

/**
 * Starts a program that goes on after this one has ended; what it prints goes to a log file.
 * @param ready Asked every 50 ms; the program is up when it gives something.
 * @returns What `ready` gave.
 * @throws ATM-901 with the last line of the log when it dies or is not ready in time.
 */
export async function startInBackground<T>(
  input: {
    what: string;
    program: string;
    args: string[];
    /** For Node itself. */
    nodeOptions?: readonly string[];
    log: string;
    cwd: string;
    env: NodeJS.ProcessEnv;
    timeoutMs: number;
  },
  ready: () => Promise<T | undefined>,
): Promise<T> {
  const log = openSync(input.log, "a", 0o600);
  const child = spawn(process.execPath, [...(input.nodeOptions ?? []), input.program, ...input.args], {
    cwd: input.cwd,
    env: input.env,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  child.once("error", () => {
    ended = true;
  });
  child.unref();
  const until = performance.now() + input.timeoutMs;
  while (performance.now() < until && !ended) {
    const answer = await ready();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Two commands may start the same program at once; the one that lost finds the other's a moment later.
  for (let i = 0; ended && i < 60; i++) {
    const answer = await ready();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!ended && child.pid !== undefined) process.kill(child.pid, "SIGTERM");
  throw backgroundDied({ what: input.what, log: input.log, last: lastLine(input.log) });
}

/** Tells a process to end, waits, and kills it when it does not. @throws ATM-902 when it survives that too. */
export async function stopProcess(what: string, pid: number, graceMs = 15_000): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", 3_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const until = performance.now() + waitMs;
    while (performance.now() < until) {
      if (!alive(pid)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw backgroundDidNotStop({ what, pid });
}

/** The last thing a program said: of a trace, the line that names the error, and not what Node adds below it. */
function lastLine(path: string): string {
  try {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-40);
    const said = lines.findLast((line) => /^\w*(Error|Problem)\b.*: /.test(line)) ?? lines.at(-1) ?? "";
    return said.slice(0, 300);
  } catch {
    return "";
  }
}
