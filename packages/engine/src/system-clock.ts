import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@atoms/playbook";

/** Longest wait Node's timers know; longer ones are made of several. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    const end = performance.now() + ms;
    for (let left = ms; left > 0; left = end - performance.now()) {
      await wait(Math.min(left, longestTimerMs), undefined, signal === undefined ? {} : { signal }).catch(
        (error: unknown) => {
          throw signal?.aborted ? signal.reason : error;
        },
      );
    }
    signal?.throwIfAborted();
  },
};
