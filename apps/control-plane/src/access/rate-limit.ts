import type { Clock } from "@atoms/playbook";

/** Callers that are remembered; one that was forgotten begins with a full bucket, as if it had been silent. */
const mostCallers = 10_000;

/**
 * Lets each caller ask `burst` times at once, and `perSecond` times a second for long: a bucket that fills again.
 * @returns For a caller: 0 when it may ask, else after how many milliseconds it may.
 */
export function rateLimit(clock: Clock, { burst, perSecond }: { burst: number; perSecond: number }) {
  const buckets = new Map<string, { left: number; at: number }>();
  return (caller: string): number => {
    const now = clock.monotonic();
    const known = buckets.get(caller) ?? { left: burst, at: now };
    const left = Math.min(burst, known.left + ((now - known.at) / 1_000) * perSecond);
    // Taken out and put in again, so that the first one is who has been silent longest.
    buckets.delete(caller);
    buckets.set(caller, { left: left < 1 ? left : left - 1, at: now });
    const [first] = buckets.keys();
    if (buckets.size > mostCallers && first !== undefined) buckets.delete(first);
    return left < 1 ? Math.ceil(((1 - left) / perSecond) * 1_000) : 0;
  };
}
