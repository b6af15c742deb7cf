import type { Clock } from "../terms/index.js";

/** Keeps messages to one place apart, and leaves a place alone that asked for it. Per process: what several send is held by 429. */
export interface Pace {
  /** Waits for this message's turn. */
  turn(place: string, everyMs: number, clock: Clock, signal?: AbortSignal): Promise<void>;
  /** Milliseconds that the place asked to be left alone from now on; 0 when it did not. */
  pausedFor(place: string, now: number): number;
  pause(place: string, until: number): void;
}

/** Opens a pace with nothing behind it. */
export function openPace(): Pace {
  const nextFree = new Map<string, number>();
  const paused = new Map<string, number>();
  return {
    async turn(place, everyMs, clock, signal) {
      if (everyMs === 0) return;
      const now = clock.monotonic();
      const at = Math.max(now, nextFree.get(place) ?? 0);
      nextFree.set(place, at + everyMs);
      if (at > now) await clock.sleep(at - now, signal);
    },
    pausedFor: (place, now) => Math.max(0, (paused.get(place) ?? 0) - now),
    pause(place, until) {
      paused.set(place, Math.max(until, paused.get(place) ?? 0));
    },
  };
}
