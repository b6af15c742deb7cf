/** Waits of a refresher, in milliseconds. */
export type Pace = {
  /** How long news are gathered before they are acted on. */
  gatherMs: number;
  /** The shortest time from one end to the next start. */
  leastMs: number;
};

/** Does one thing again when it is asked to, never twice at once and not more often than its pace allows. */
export interface Refresher {
  /** Does it now, for somebody who waits for the first time; nothing is gathered before it. */
  begin(): void;
  /** Asks for it; what is asked while it runs is done once more after it. */
  wanted(): void;
  stop(): void;
}

/**
 * Makes one.
 * @param work Must not throw.
 * @param now Milliseconds that only grow. @param later Calls after so many milliseconds; @returns how to call that off.
 */
export function refresher(
  work: () => Promise<void>,
  { gatherMs, leastMs }: Pace,
  now: () => number,
  later: (call: () => void, ms: number) => () => void,
): Refresher {
  let running = false;
  let dirty = false;
  let stopped = false;
  let ended = Number.NEGATIVE_INFINITY;
  let callOff: (() => void) | undefined;

  const run = async () => {
    callOff = undefined;
    running = true;
    dirty = false;
    await work();
    running = false;
    ended = now();
    if (dirty) plan();
  };
  const plan = () => {
    if (stopped || callOff !== undefined) return;
    callOff = later(() => void run(), Math.max(gatherMs, ended + leastMs - now()));
  };
  return {
    begin() {
      if (!running && !stopped && callOff === undefined) void run();
    },
    wanted() {
      if (running) dirty = true;
      else plan();
    },
    stop() {
      stopped = true;
      callOff?.();
    },
  };
}
