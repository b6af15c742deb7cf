import type { VercelError } from "./vercel-error.js";

/** How patient the client is. */
export interface Patience {
  /** Tries in all. */
  attempts: number;
  /** Wait before the second try in milliseconds; doubles with every further one. */
  firstWaitMs: number;
  /** Longest wait of its own choosing. */
  longestWaitMs: number;
  /** Longest `Retry-After` it obeys; a longer one ends the call at once. */
  longestRetryAfterMs: number;
}

/** Four tries within about two seconds, and a rate limit of up to a minute. */
export const usualPatience: Patience = {
  attempts: 4,
  firstWaitMs: 200,
  longestWaitMs: 5_000,
  longestRetryAfterMs: 60_000,
};

/**
 * Decides whether a failed call is tried again.
 * @param tried Tries so far, at least 1.
 * @param repeatable Whether doing it twice is the same as doing it once.
 * @param random Number from 0 up to 1, so that many clients do not come back together.
 * @returns Milliseconds to wait, or undefined to give up.
 */
export function waitBeforeRetry(
  error: VercelError,
  tried: number,
  repeatable: boolean,
  random: number,
  patience: Patience = usualPatience,
): number | undefined {
  if (!error.retryable || tried >= patience.attempts) return undefined;
  if (error.actMayHaveHappened && !repeatable) return undefined;
  const own = Math.min(patience.longestWaitMs, patience.firstWaitMs * 2 ** (tried - 1));
  const jittered = own / 2 + (own / 2) * random;
  if (error.retryAfterMs === undefined) return jittered;
  if (error.retryAfterMs > patience.longestRetryAfterMs) return undefined;
  return error.retryAfterMs + patience.firstWaitMs * random;
}

/**
 * Reads `Retry-After`: seconds, or a date.
 * @returns Milliseconds, or undefined when it says nothing usable.
 */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
