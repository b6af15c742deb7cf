import { type Bell, openBell } from "../bell.js";
import { type Dispatch, type Dispatched, dispatchDue } from "./dispatch.js";

/** How the loop goes; what is left out has the value that suits a control plane. */
export type Pace = {
  /** Notices in one pass. Default 20. */
  limit?: number;
  /** Milliseconds between two looks when nothing is due. Default 2,000. */
  idleMs?: number;
  /** Milliseconds to wait after an error. Default 5,000. */
  afterErrorMs?: number;
  /** Rung when there is something to dispatch. */
  bell?: Bell;
  /** Told of every pass that did something. */
  onPass?: (done: Dispatched) => void;
  /** Told of every error; the loop goes on after it. */
  onError: (error: unknown) => void;
};

/**
 * Dispatches until the signal fires. An error, e.g. of the store, is reported and does not end it.
 * @returns When the signal has fired and the deliveries in hand are written down.
 */
export async function keepDispatching(
  dispatch: Dispatch & { signal: AbortSignal },
  { limit = 20, idleMs = 2_000, afterErrorMs = 5_000, bell = openBell(), onPass, onError }: Pace,
): Promise<void> {
  const { clock, signal } = dispatch;
  while (!signal.aborted) {
    let wait = idleMs;
    try {
      const done = await dispatchDue(dispatch, limit);
      const tried = done.sent + done.failed + done.later;
      if (tried > 0) onPass?.(done);
      if (tried === limit) wait = 0;
    } catch (error) {
      onError(error);
      wait = afterErrorMs;
    }
    // Also a wait of nothing goes through the clock, so that a long queue lets others run.
    await bell.wait(wait, clock, signal);
  }
}
