import { anySignal, type Clock } from "@atoms/playbook";

/** Wakes a loop that sleeps between two looks, when somebody in this process has news for it. */
export interface Bell {
  ring(): void;
  /** Waits until it is rung, or was since the last wait, until `ms` milliseconds have passed, or until the signal fires. */
  wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void>;
}

/** Makes a bell for one listener. */
export function openBell(): Bell {
  let rung = false;
  let wake: AbortController | undefined;
  return {
    ring() {
      rung = true;
      wake?.abort(new Error("the bell was rung"));
    },
    async wait(ms, clock, signal) {
      if (!rung && !signal.aborted) {
        wake = new AbortController();
        const either = anySignal(signal, wake.signal);
        await clock.sleep(ms, either.signal).catch(() => undefined);
        either.release();
        wake = undefined;
      }
      rung = false;
    },
  };
}
