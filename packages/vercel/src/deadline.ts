import type { Clock } from "@atoms/playbook";

/** A signal that fires at a deadline or when somebody else's does. */
export interface Deadline {
  signal: AbortSignal;
  /** Whether the deadline itself was the reason. */
  passed(): boolean;
  /** Lets go of the timer; call it in any case. */
  end(): void;
}

/**
 * Starts a deadline.
 * @param ms Milliseconds from now, by the given clock.
 * @param outer A signal that also ends it; its reason is kept.
 */
export function deadline(clock: Clock, ms: number, outer?: AbortSignal): Deadline {
  const work = new AbortController();
  const timer = new AbortController();
  let passed = false;
  const cancel = () => work.abort(outer?.reason);
  if (outer?.aborted) cancel();
  else outer?.addEventListener("abort", cancel, { once: true });
  clock.sleep(ms, timer.signal).then(
    () => {
      passed = true;
      work.abort(new DOMException(`not done after ${ms} ms`, "TimeoutError"));
    },
    () => undefined,
  );
  return {
    signal: work.signal,
    passed: () => passed,
    end() {
      outer?.removeEventListener("abort", cancel);
      timer.abort();
    },
  };
}
