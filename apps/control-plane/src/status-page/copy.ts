import type { Clock } from "@atoms/playbook";

/** What a kept copy may be, in milliseconds. */
export type CopyTimes = {
  /** A copy younger than this is given without asking anew. */
  freshMs: number;
  /** How long somebody who asks waits for a new one while there is an old one. */
  patienceMs: number;
  /** The same while there is none. */
  firstPatienceMs: number;
  /** Reading that takes longer is given up, and begun anew when somebody asks. */
  giveUpMs: number;
};

/** A copy, and when it was made in milliseconds since the epoch. */
export type Copy<T> = { value: T; at: number };

/**
 * Keeps the last good copy of something that takes a while to read. However many ask, it is read once at a time; nobody waits
 * longer than the times say, and while it cannot be read everybody is given the last copy.
 * @param failed Told once per reading that fails or takes too long.
 * @returns Gives the copy; undefined when there never was one.
 */
export function keepCopy<T>(
  clock: Clock,
  times: CopyTimes,
  read: () => Promise<T>,
  failed: (error: unknown) => void,
): () => Promise<Copy<T> | undefined> {
  let copy: (Copy<T> & { madeAt: number }) | undefined;
  let reading: { since: number; done: Promise<void> } | undefined;

  const begin = () => {
    const mine = { since: clock.monotonic(), done: Promise.resolve() };
    reading = mine;
    const at = clock.now();
    mine.done = (async () => {
      try {
        const value = await read();
        // One that was given up long ago may come after a newer one.
        if (reading === mine) copy = { value, at, madeAt: clock.monotonic() };
      } catch (error) {
        if (reading === mine) failed(error);
      } finally {
        if (reading === mine) reading = undefined;
      }
    })();
    return mine;
  };

  return async () => {
    const now = clock.monotonic();
    if (copy !== undefined && now - copy.madeAt < times.freshMs) return copy;
    if (reading !== undefined && now - reading.since > times.giveUpMs) {
      reading = undefined;
      failed(new Error(`it took longer than ${times.giveUpMs} ms`));
    }
    const { done } = reading ?? begin();
    const enough = new AbortController();
    const patience = clock
      .sleep(copy === undefined ? times.firstPatienceMs : times.patienceMs, enough.signal)
      .catch(() => undefined);
    await Promise.race([done, patience]);
    enough.abort();
    return copy;
  };
}
