import type { WatchSettings } from "./settings.js";

/** One look at production during the watch. */
export type Look = {
  /** Whether everything looked at was as it should be. */
  ok: boolean;
  /** In a few words. */
  saw: string;
  /** Slowest answer of the look, in milliseconds. */
  ms: number;
};

/** All looks so far, folded; what the next move depends on. */
export type WatchTally = {
  looks: number;
  failed: number;
  /** Failed looks in a row, up to now. */
  inARow: number;
  lastFailure: string;
};

export const noLooks: WatchTally = { looks: 0, failed: 0, inARow: 0, lastFailure: "" };

/** Adds a look to the tally. */
export function tally(so: WatchTally, look: Look): WatchTally {
  return {
    looks: so.looks + 1,
    failed: so.failed + (look.ok ? 0 : 1),
    inARow: look.ok ? 0 : so.inARow + 1,
    lastFailure: look.ok ? so.lastFailure : look.saw,
  };
}

/** What the watch does next. */
export type WatchMove =
  | { do: "look"; afterMs: number }
  | { do: "finish" }
  | { do: "roll back"; because: string };

/**
 * Says the next move of the watch; makes none. Failures are forgiven up to a number, a run of them is not; the watch
 * never ends well without having looked after its time was over.
 * @param elapsedMs Since the watch began.
 * @param sinceLookMs Since the last look began; the pause before the next is counted from there.
 * @param changed What the change detector saw, if it raised an alarm.
 */
export function nextWatchMove(
  so: WatchTally,
  settings: WatchSettings,
  elapsedMs: number,
  sinceLookMs: number,
  changed?: string,
): WatchMove {
  if (changed !== undefined) return { do: "roll back", because: changed };
  if (so.inARow >= settings.consecutive) {
    return { do: "roll back", because: `${so.inARow} looks in a row failed, the last: ${so.lastFailure}` };
  }
  if (so.failed > settings.failures) {
    return {
      do: "roll back",
      because: `${so.failed} of ${so.looks} looks failed (${settings.failures} are forgiven), the last: ${so.lastFailure}`,
    };
  }
  // A failure at the very end is looked at again: the watch ends on a good look or not at all.
  if (elapsedMs >= settings.duration && so.looks > 0 && so.inARow === 0) return { do: "finish" };
  return { do: "look", afterMs: Math.max(0, settings.interval - sinceLookMs) };
}
