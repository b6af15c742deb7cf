import { closeSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";

/** What is known of one process of this machine. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** As in `startOfProcess`: with the pid it names one process and no later one. */
  readonly started: string;
  /** Memory that it holds now. */
  readonly bytes: number;
}

const PAGE_BYTES = 4096;

/** So many processes are read before other work has its turn: about a millisecond. */
const AT_ONCE = 64;

/** Longer than any line of `/proc/PID/stat`: fifty numbers and a name of 64 letters. */
const line = Buffer.allocUnsafe(4_096);

/** All processes of this machine; none where the system does not show them as files (only Linux does). */
export async function readProcesses(): Promise<ProcessFacts[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all: ProcessFacts[] = [];
  for (const [n, pid] of pids.entries()) {
    if (n > 0 && n % AT_ONCE === 0) await setImmediate();
    const facts = factsOf(pid);
    if (facts !== null) all.push(facts);
  }
  return all;
}

/**
 * What is known of one process, on Linux; null for one that has ended. Read into memory that is there already: `readFile` takes 64 KiB for each file whose
 * size the system does not tell, and every look would be followed by a pause of the collector.
 */
export function factsOf(pid: number | string): ProcessFacts | null {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/stat`, "r");
  } catch {
    return null;
  }
  try {
    return processFacts(line.toString("utf8", 0, readSync(file, line, 0, line.length, 0)));
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** Reads one line of `/proc/PID/stat`; null for a process that is over and only waits to be asked for its code. */
export function processFacts(stat: string): ProcessFacts | null {
  // The command name may hold spaces and brackets, so the fields are counted after its last bracket.
  const [state, parent, group, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === undefined) return null;
  return {
    pid: Number.parseInt(stat, 10),
    parent: Number(parent),
    group: Number(group),
    started: rest[16] ?? "",
    bytes: Number(rest[18]) * PAGE_BYTES,
  };
}

/**
 * A group of processes and all that any of them has started, also what has left the group since.
 * @param leader its pid is the group's number
 * @param known pids that are known to belong to it, though their parents may be gone
 */
export function familyOf(
  leader: number,
  known: ReadonlySet<number>,
  all: readonly ProcessFacts[],
): ProcessFacts[] {
  const family = new Map<number, ProcessFacts>();
  for (const one of all) {
    if (one.pid === leader || one.group === leader || known.has(one.pid)) family.set(one.pid, one);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of all) {
      if (family.has(one.pid) || !family.has(one.parent)) continue;
      family.set(one.pid, one);
      grown = true;
    }
  }
  return [...family.values()];
}
