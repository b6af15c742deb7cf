import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isDiskFull } from "../folder/disk-full.js";
import { isSameProcess, startOfProcess } from "../folder/process-identity.js";

/** Name of the variable that marks every process of one instance, also those that left its process group. */
export const INSTANCE_VARIABLE = "LOCAL_CLOUD_INSTANCE";

const POLL_MS = 15;
const AFTER_KILL_MS = 500;

interface Recorded {
  readonly pid: number;
  readonly started: string;
  readonly instance: string;
}

/**
 * Remembers in the cloud's folder which process groups it started, so that the next cloud in this folder can end what a
 * killed one left behind.
 */
export class ProcessRecord {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** On a full disk the process goes on without a record: its leash still ends it with the cloud. */
  add(pid: number, instance: string): void {
    const record: Recorded = { pid, started: startOfProcess(pid) ?? "ended", instance };
    try {
      writeFileSync(join(this.folder, `${pid}.json`), JSON.stringify(record), { mode: 0o600 });
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.remove(pid);
    }
  }

  remove(pid: number): void {
    rmSync(join(this.folder, `${pid}.json`), { force: true });
  }

  /** Kills what an earlier cloud left running. @returns how many groups were ended */
  async reap(): Promise<number> {
    let ended = 0;
    for (const name of readdirSync(this.folder)) {
      const path = join(this.folder, name);
      const recorded = readRecord(path);
      if (recorded && (await killLeftover(recorded))) ended++;
      rmSync(path, { force: true });
    }
    return ended;
  }
}

function readRecord(path: string): Recorded | null {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Recorded>;
    return typeof value.pid === "number" &&
      typeof value.started === "string" &&
      typeof value.instance === "string"
      ? { pid: value.pid, started: value.started, instance: value.instance }
      : null;
  } catch {
    return null;
  }
}

async function killLeftover({ pid, started, instance }: Recorded): Promise<boolean> {
  // A live process with this pid that started at another time means that the pid was given out again, which the kernel
  // does only when no group of that number is left.
  const leader = startOfProcess(pid);
  const groupIsOurs = leader === null || isSameProcess(pid, started);
  const found = groupIsOurs && groupExists(pid);
  if (found) {
    signalGroup(pid, "SIGKILL");
    await groupGone(pid, AFTER_KILL_MS);
  }
  killMarked(instance);
  return found;
}

/**
 * Ends a process group: SIGTERM, then SIGKILL after `stopMs`, then whatever carries the instance's mark elsewhere.
 * Resolves when it is done, in any case within `stopMs` and half a second.
 */
export async function endGroup(pid: number, instance: string, stopMs: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  if (!(await groupGone(pid, stopMs))) {
    signalGroup(pid, "SIGKILL");
    await groupGone(pid, AFTER_KILL_MS);
  }
  killMarked(instance);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of the group is left.
  }
}

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function groupGone(pid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (groupExists(pid)) {
    if (performance.now() >= until) return false;
    await wait(POLL_MS);
  }
  return true;
}

/** Kills processes that carry the instance's mark in their first environment. Only Linux shows it. */
function killMarked(instance: string): void {
  if (process.platform !== "linux") return;
  const mark = Buffer.from(`${INSTANCE_VARIABLE}=${instance}\0`);
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${name}/environ`).includes(mark)) process.kill(Number(name), "SIGKILL");
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
}
