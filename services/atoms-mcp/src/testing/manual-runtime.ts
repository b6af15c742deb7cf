import { type Runtime, realRuntime } from "../runtime.js";

/** A world whose clock stands still until a test moves it. */
export interface ManualRuntime extends Runtime {
  /** Moves the clock; whoever sleeps until then wakes up. */
  advance(ms: number): void;
  /** Resolves when somebody sleeps for exactly that long. */
  sleeper(ms: number): Promise<void>;
  /** Codes that the process would have exited with. */
  readonly exits: number[];
}

const START = Date.parse("2026-11-23T09:45:00Z");

/** A manual clock, at the real date so that tokens minted by other means are valid too. */
export function manualRuntime(start = START): ManualRuntime {
  let at = 0;
  const sleeping = new Set<{ ms: number; until: number; wake: () => void }>();
  const exits: number[] = [];
  return {
    ...realRuntime,
    exits,
    now: () => start + at,
    elapsed: () => at,
    exit: (code) => void exits.push(code),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const entry = {
          ms,
          until: at + ms,
          wake: () => {
            sleeping.delete(entry);
            resolve();
          },
        };
        sleeping.add(entry);
        signal?.addEventListener("abort", entry.wake, { once: true });
      }),
    advance(ms) {
      at += ms;
      for (const entry of [...sleeping]) if (entry.until <= at) entry.wake();
    },
    async sleeper(ms) {
      // Bounded: real time passes here, but only while the request under test is on its way.
      for (let i = 0; i < 2000; i += 1) {
        if ([...sleeping].some((entry) => entry.ms === ms)) return;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      throw new Error(`nobody slept for ${ms} ms`);
    },
  };
}
