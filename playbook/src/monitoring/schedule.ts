/** Slots begin on this grid, in milliseconds, so that those of many monitors are claimed together. */
export const gridMs = 100;

/**
 * When within its interval a monitor looks, in milliseconds. It follows from the monitor's name, so that every control
 * plane counts the same slots, and many monitors spread over the interval by themselves.
 */
export function phaseOf(name: string, intervalMs: number): number {
  // FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), its high bits stirred into the low ones.
  let hash = 0x811c9dc5;
  for (const sign of name) hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b) >>> 0;
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * (intervalMs / gridMs)) * gridMs;
}

/** The slot that `now` lies in: when it began, in milliseconds since the epoch. */
export function slotAt(now: number, phaseMs: number, intervalMs: number): number {
  return Math.floor((now - phaseMs) / intervalMs) * intervalMs + phaseMs;
}
