import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a process started, as an opaque word that only this machine's boot can repeat; null when no such process runs.
 * A pid alone is not an identity: the kernel hands it out again.
 */
export function startOfProcess(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The command name may hold spaces and brackets, so the fields are counted after its last bracket.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") return null;
      return fields[19] ?? null;
    } catch {
      return null;
    }
  }
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
