import type { Clock } from "@atoms/playbook";

/**
 * Waits until work is settled, and no longer than so many milliseconds. Nothing of the wait is left when it is over: a
 * timer that still runs would keep a command from ending.
 * @throws What the work throws.
 */
export async function atMost(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, clock.sleep(ms, over.signal).catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
