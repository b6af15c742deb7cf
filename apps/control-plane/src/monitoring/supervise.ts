import type { Clock } from "@atoms/playbook";

/** Milliseconds before a loop that fell is begun anew: from the first to the longest. */
const backOff = { first: 1_000, longest: 60_000 };
/** A loop that has stood for so long is forgiven what was before. */
const forgivenMs = 300_000;

/**
 * Keeps a loop going until the signal fires: whatever it throws, or when it returns, it is begun anew after a wait that
 * doubles. A loop can't die in silence: each fall is told.
 */
export async function supervise(
  doing: string,
  loop: (signal: AbortSignal) => Promise<void>,
  {
    clock,
    signal,
    onError,
  }: { clock: Clock; signal: AbortSignal; onError(doing: string, error: unknown): void },
): Promise<void> {
  let wait = backOff.first;
  while (!signal.aborted) {
    const began = clock.monotonic();
    try {
      await loop(signal);
      if (!signal.aborted) onError(doing, new Error("it ended, and nobody had asked it to"));
    } catch (error) {
      if (!signal.aborted) onError(doing, error);
    }
    if (signal.aborted) return;
    if (clock.monotonic() - began > forgivenMs) wait = backOff.first;
    await clock.sleep(wait, signal).catch(() => undefined);
    wait = Math.min(2 * wait, backOff.longest);
  }
}
