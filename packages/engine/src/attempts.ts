import { anySignal, type Clock, type StepOptions } from "@atoms/playbook";
import { type Outcome, writeError, writeValue } from "./outcome.js";
import { stepTimedOut } from "./problems.js";

/** Longest wait between two tries, in milliseconds. */
const longestBackoffMs = 30_000;

/**
 * Runs a step's work: all its tries, within its time.
 * @param closing Fires when the engine closes; passed on to the work.
 * @returns What is to be written down; undefined when the engine closed before the work had an outcome.
 */
export async function attempt<T>(
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
  options: StepOptions,
  clock: Clock,
  closing: AbortSignal,
): Promise<Outcome | undefined> {
  const { timeoutMs = 60_000, attempts = 1, backoffMs = 500 } = options;
  const time = new AbortController();
  const over = new AbortController();
  const either = anySignal(time.signal, closing);
  const { signal } = either;
  let last: string | undefined;
  const timer = clock.sleep(timeoutMs, over.signal).then(
    () => {
      time.abort(stepTimedOut({ step: name, timeoutMs, last }));
    },
    () => undefined,
  );

  try {
    for (let tried = 1; ; tried++) {
      try {
        return writeValue(await orAborted(work(signal), time.signal));
      } catch (error) {
        if (time.signal.aborted) return { error: writeError(time.signal.reason) };
        if (closing.aborted) return undefined;
        if (tried >= attempts) return { error: writeError(error) };
        last = error instanceof Error ? error.message : String(error);
      }
      const wait = Math.min(longestBackoffMs, backoffMs * 2 ** (tried - 1));
      await clock.sleep(wait, signal).catch(() => undefined);
      if (time.signal.aborted) return { error: writeError(time.signal.reason) };
      if (closing.aborted) return undefined;
    }
  } finally {
    over.abort();
    either.release();
    await timer;
  }
}

/** Work that does not listen to its signal is left behind when the time is up. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
