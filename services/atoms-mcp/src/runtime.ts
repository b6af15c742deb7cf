/** What the server takes from the world besides requests and rows; tests hand in their own. */
export interface Runtime {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Monotonic clock, milliseconds. */
  elapsed(): number;
  /** Waits; ends early (without an error) when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A fresh UUID. */
  uuid(): string;
  /** Ends the process; used by injected crashes only. */
  exit(code: number): void;
  fetch: typeof fetch;
}

/** The real world. */
export const realRuntime: Runtime = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
  uuid: () => crypto.randomUUID(),
  exit: (code) => process.exit(code),
  fetch: (input, init) => fetch(input, init),
};
