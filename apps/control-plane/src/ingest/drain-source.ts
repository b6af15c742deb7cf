import type { Clock } from "@atoms/playbook";
import type { Arms, OnNote, Source } from "@atoms/playbook/measurement";
import type { Exposure } from "./exposure.js";
import type { IngestLimits } from "./limits.js";

/** A window goes on where the last one of the same arms ended, unless that is longer ago than this, in milliseconds. */
const goOnMs = 30_000;
/** Pairs of arms whose last window is remembered. */
const rememberedPairs = 64;

/**
 * The source `drain`: what real traffic met, as the platform's drains told of it. Waits for the window to pass, and a
 * little longer for its records. A window goes on where the last one of the same arms ended, so that no second between
 * two measurements is lost; where the caller was slow, it gives more seconds than were asked for.
 */
export function drainSource(
  exposure: Exposure,
  { clock, limits }: { clock: Clock; limits: IngestLimits },
): Source {
  const ends = new Map<string, number>();
  const { settleMs } = limits;
  const longest = Math.floor(limits.keepMs / 1_000);

  return {
    name: "drain",
    async measure(arms, window, signal, note = () => undefined) {
      if (signal.aborted) return [];
      const canary = arms.canary.deployment;
      const stable = arms.stable.deployment;
      const pair = `${canary} ${stable}`;
      const now = clock.now();
      const last = ends.get(pair);
      const start =
        last !== undefined && now - last <= goOnMs && last <= now ? last : Math.ceil(now / 1_000) * 1_000;
      const wanted = Math.min(longest, Math.max(1, Math.round(window.seconds)));
      await sleep(clock, start + wanted * 1_000 + settleMs - now, signal);
      // Seconds whose records had their time to arrive; the clock may have been set meanwhile.
      const settled = Math.floor((clock.now() - settleMs - start) / 1_000);
      const seconds = Math.min(longest, signal.aborted ? settled : Math.max(wanted, settled));
      if (seconds <= 0) return [];

      const end = start + seconds * 1_000;
      ends.delete(pair);
      ends.set(pair, end);
      for (const one of ends.keys()) if (ends.size > rememberedPairs) ends.delete(one);
      const totals = [canary, stable].map((arm) => exposure.record.totals(arm, start, seconds));
      const spansAlone = !exposure.hasLogs && totals.some(({ timed }) => timed > 0);
      exposure.wasRead([canary, stable], end);
      tell(arms, totals, seconds, spansAlone, note);
      return exposure.record.buckets(
        { canary, stable, start, seconds, split: window.split },
        spansAlone ? "durations" : "counts",
      );
    },
  };
}

function tell(
  arms: Arms,
  totals: readonly { requests: number; timed: number }[],
  seconds: number,
  spansAlone: boolean,
  note: OnNote,
): void {
  if (totals.every(({ requests, timed }) => requests + timed === 0)) {
    note(
      `No drain told of a request to ${arms.canary.deployment} or ${arms.stable.deployment} in ${seconds} s.`,
    );
    return;
  }
  if (spansAlone) {
    note(
      "There are traces and no logs: requests were counted from spans, and a sampled trace drain counts too few.",
    );
    return;
  }
  (["canary", "stable"] as const).forEach((arm, i) => {
    const { requests = 0, timed = 0 } = totals[i] ?? {};
    if (requests > 0 && timed < 0.95 * requests) {
      note(
        `${timed} of ${requests} requests of the ${arm} ${arms[arm].deployment} came with a duration, so slow ones are not counted.`,
      );
    }
  });
}

async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
