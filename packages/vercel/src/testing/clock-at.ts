import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@atoms/playbook";

/** A real clock whose sleeps pass `speed` times as fast; it notes how long each was meant to be. */
export function clockAt(speed = 1): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    async sleep(ms, signal) {
      slept.push(ms);
      await wait(ms / speed, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      });
    },
  };
}
