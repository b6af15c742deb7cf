import type { Clock } from "@atoms/playbook";

/**
 * A wait that ends when the wall clock says so, and never lasts longer than was asked: neither a clock that is set back
 * nor one that was wrong when the wait began, in a process that is dead by now, makes it longer.
 * @param until The end that is written down, in milliseconds since the epoch.
 * @param ms What was asked for; from here on the wait takes that long at most.
 * @returns `left`: milliseconds that are left at the moment it is called; 0 or less when the wait is over.
 */
export function waitUntil(clock: Clock, until: number, ms: number): { left(): number } {
  const atMost = clock.monotonic() + ms;
  return { left: () => Math.min(until - clock.now(), atMost - clock.monotonic()) };
}
