import { Worker } from "node:worker_threads";
import type { Fault } from "../config/faults.js";
import type { Runtime } from "../runtime.js";

const EXIT_INJECTED = 70;

/** Applies the clauses that act before the listener opens: `crash` ends the process, `slow_start` waits. */
export async function beforeListening(clauses: readonly Fault[], runtime: Runtime): Promise<void> {
  for (const fault of clauses) {
    if (fault.kind === "crash" && fault.after === "start") runtime.exit(EXIT_INJECTED);
    if (fault.kind === "slow_start") await runtime.sleep(fault.ms);
  }
}

/**
 * Starts the clauses that act by themselves: timed crashes, held memory, a burning core.
 * @param delayMs milliseconds before memory and CPU are taken
 * @param count told the kind of every fault that fires
 * @returns stops them and gives back what they hold
 */
export function startBackgroundFaults(
  clauses: readonly Fault[],
  delayMs: number,
  runtime: Runtime,
  count: (kind: Fault["kind"]) => void,
): () => void {
  const timers: NodeJS.Timeout[] = [];
  const workers: Worker[] = [];
  let held: Buffer[] = [];
  const later = (ms: number, act: () => void) => timers.push(setTimeout(act, ms).unref());
  for (const fault of clauses) {
    if (fault.kind === "crash" && fault.after !== "start" && "ms" in fault.after) {
      later(fault.after.ms, () => runtime.exit(EXIT_INJECTED));
    }
    if (fault.kind === "memory") {
      later(delayMs, () => {
        count("memory");
        held.push(Buffer.alloc(fault.bytes, 1));
      });
    }
    if (fault.kind === "cpu") {
      later(delayMs, () => {
        count("cpu");
        const worker = new Worker(BURN, { eval: true, workerData: fault.share / 1_000_000 });
        worker.unref();
        workers.push(worker);
      });
    }
  }
  return () => {
    for (const timer of timers) clearTimeout(timer);
    for (const worker of workers) void worker.terminate();
    held = [];
  };
}

// In a thread of its own, so that the listener keeps answering while the core burns.
const BURN = `
const { workerData: share } = require("node:worker_threads");
setInterval(() => {
  const until = performance.now() + 100 * share;
  while (performance.now() < until);
}, 100);
`;
