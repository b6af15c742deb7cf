import { type Clock, isProblem } from "../../terms/index.js";
import type { Source } from "../model.js";
import type { VercelMetricsSettings } from "../settings.js";
import { bucketFrom, bucketMs, bucketsOf, type RequestCount, type SplitChange } from "./counts.js";

/** What the source needs of the platform. */
export interface RequestCounter {
  /**
   * Requests by deployment and status in buckets of five minutes, from the bucket that begins at `from` up to `to` (ms).
   * @throws A Problem when the platform does not say.
   */
  requestCounts(
    question: { deployments: readonly string[]; from: number; to: number },
    signal: AbortSignal,
  ): Promise<RequestCount[]>;
}

/** Buckets that could not be read are tried again for so long; then their time is left out, and said to be. */
const keepMs = 60 * 60_000;

/** How it is read, and how long after the first traffic a deployment is not judged (ms). */
export type VercelPlan = { settings: VercelMetricsSettings; warmUpMs: number };

/**
 * The source `vercel`: what the platform itself counted of both arms. It counts in buckets of five minutes; one is read
 * when it is over and `settle` has passed, never before, because what is still filling reads like a service that gets
 * less traffic and has fewer errors. Until then a measurement gives none, and says when the next is due. The first bucket
 * begins when the warm-up is over, for to leave out a bucket for half a minute would leave out five.
 */
export function vercelSource(
  { settings, warmUpMs }: VercelPlan,
  { clock, platform }: { clock: Clock; platform: RequestCounter },
): Source {
  let pair = "";
  let next = 0;
  let heard = 0;
  let changes: SplitChange[] = [];

  return {
    name: "vercel",
    async measure(arms, window, signal, note = () => undefined) {
      if (signal.aborted) return [];
      const now = clock.now();
      const ids = { canary: arms.canary.deployment, stable: arms.stable.deployment };
      const asked = `${ids.canary} ${ids.stable}`;
      // A clock that was set back would have to catch up first, and nothing would be measured meanwhile.
      if (asked !== pair || now < heard - bucketMs) {
        pair = asked;
        next = bucketFrom(now + warmUpMs);
        changes = [{ after: now, by: now, split: window.split }];
      } else if (changes.at(-1)?.split !== window.split) {
        changes.push({ after: heard, by: now, split: window.split });
      }
      if (now - next > keepMs) {
        note(`${Math.round((now - next) / 60_000)} minutes that could not be read are left out.`);
        next = bucketFrom(now);
      }
      const due = next + bucketMs + settings.settle;
      const longest = window.seconds * 1_000;
      await clock
        .sleep(due > now ? Math.min(due - now, longest) : longest, signal)
        .catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      heard = clock.now();
      const count = Math.floor((heard - settings.settle - next) / bucketMs);
      if (signal.aborted) return [];
      if (count < 1) {
        note(`the platform's next five minutes are complete at ${new Date(due).toISOString()}.`);
        return [];
      }
      const span = { start: next, count };
      let counts: RequestCount[];
      try {
        const to = next + count * bucketMs;
        counts = await platform.requestCounts(
          { deployments: [ids.canary, ids.stable], from: next, to },
          signal,
        );
      } catch (error) {
        if (!isProblem(error)) throw error;
        if (!signal.aborted) note(error.toJSON().happened);
        return [];
      }
      next += count * bucketMs;
      const { buckets, mixed } = bucketsOf(span, changes, ids, counts);
      if (mixed > 0) note(`${mixed * 5} minutes in which the share changed are left out.`);
      return buckets;
    },
  };
}
