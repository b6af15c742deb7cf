import type { Clock } from "../terms/index.js";

/** Thrown by `within` when the time is up. */
export class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

/**
 * Gives work a time limit.
 * @param work Gets a signal that fires when the time is up, or when `outer` fires.
 * @throws OutOfTime; the reason of `outer`; what the work throws.
 */
export async function within<T>(
  ms: number,
  clock: Clock,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const inner = new AbortController();
  const waited = new AbortController();
  let cutOff: (() => void) | undefined;
  try {
    // The work may not heed its signal, so it is not waited for once the time is up or the outer signal has fired.
    const cut = new Promise<never>((_, reject) => {
      cutOff = () => reject(outer.reason);
      outer.addEventListener("abort", cutOff, { once: true });
    });
    const late = clock.sleep(ms, waited.signal).then(
      () => Promise.reject(new OutOfTime(`not done after ${ms} ms`)),
      () => new Promise<never>(() => undefined),
    );
    return await Promise.race([work(inner.signal), cut, late]);
  } finally {
    if (cutOff !== undefined) outer.removeEventListener("abort", cutOff);
    waited.abort();
    inner.abort(new OutOfTime("no longer wanted"));
  }
}
