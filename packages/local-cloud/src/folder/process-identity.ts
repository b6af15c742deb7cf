import { execFileSync } from "node:child_process";
import { factsOf } from "../runtime/process-table.js";

/**
 * When a process started, as an opaque word that only this machine's boot can repeat; null when no such process runs.
 * A pid alone is not an identity: the kernel hands it out again.
 */
export function startOfProcess(pid: number): string | null {
  if (process.platform === "linux") return factsOf(pid)?.started ?? null;
  try {
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return started === "" ? null : started;
  } catch {
    return null;
  }
}

/** True while the very process that was recorded (pid and start) is alive. */
export function isSameProcess(pid: number, started: string): boolean {
  return startOfProcess(pid) === started;
}
