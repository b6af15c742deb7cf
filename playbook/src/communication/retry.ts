import type { Attempt } from "./channel.js";
import type { NoticeRecord } from "./ports.js";

const first = 2_000;
const longest = 15 * 60_000;

/**
 * When a notice that failed is tried again: after 2 s, then twice as long each time up to 15 minutes, for as long as the
 * playbook says from when it was due. Half of each wait is chance, so that many notices do not come back in one moment. A
 * wait that the other side asked for is kept.
 * @param notice With `tries` as before this try.
 * @param now Milliseconds since the epoch.
 * @param random A number in [0, 1).
 * @param patienceMs From `since` on.
 * @returns Milliseconds since the epoch, or undefined when the failure is final.
 */
export function nextTry(
  notice: Pick<NoticeRecord, "since" | "tries">,
  attempt: Extract<Attempt, { sent: false }>,
  now: number,
  random: number,
  patienceMs: number,
): number | undefined {
  if (!attempt.retry) return undefined;
  // The exponent is bounded so that the power stays a finite number; the cap is reached at 9.
  const full = Math.min(longest, first * 2 ** Math.min(notice.tries, 16));
  const wait = Math.max(full / 2 + (random * full) / 2, attempt.retryAfterMs ?? 0);
  const at = Math.ceil(now + wait);
  return at <= notice.since + patienceMs ? at : undefined;
}
