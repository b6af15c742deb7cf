import { isProblem, lastTime, type ProblemData, type Recurrence } from "@atoms/playbook";
import type { ControlPlane } from "./control-plane.js";

/**
 * Looks again and again until the signal fires. A playbook that cannot be read now is told of by the monitors; what has no
 * name is reported, and the next look is made all the same.
 * @param of.what For the report: "taking a backup on schedule". @param of.everyMs How often, in milliseconds.
 */
export async function keepLooking(
  { clock, reportBug }: Pick<ControlPlane, "clock" | "reportBug">,
  of: { what: string; everyMs: number },
  look: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await look().catch((error: unknown) => {
      if (!signal.aborted && !isProblem(error)) reportBug(of.what, error);
    });
    await clock.sleep(of.everyMs, signal).catch(() => undefined);
  }
}

/**
 * Claims the last time of a schedule for this process: one of those that share a store gets it, once.
 * @param schedule `within`: a time that is longer ago than this, in milliseconds, is not made up for.
 * @returns that time in milliseconds since the epoch; undefined when there is nothing to do.
 */
export async function claimTurn(
  { clock, store }: Pick<ControlPlane, "clock" | "store">,
  slot: string,
  schedule: (Recurrence & { within: number }) | undefined,
): Promise<number | undefined> {
  if (schedule === undefined) return undefined;
  const now = clock.now();
  const due = lastTime(schedule, now);
  if (due === undefined || now - due > schedule.within) return undefined;
  const { slots } = await store();
  const [mine] = await slots.claim([slot], due, String(process.pid));
  return mine === undefined ? undefined : due;
}

/** A problem in the sentences of a page. */
export const problemWords = ({ code, happened, fix }: Pick<ProblemData, "code" | "happened" | "fix">) =>
  `${code} ${happened} ${fix}`;

/** What went wrong, in the sentences of a page. */
export const troubleWords = (error: unknown): string =>
  isProblem(error)
    ? problemWords(error)
    : "By an error that Atoms has no name for; see .atoms/logs/errors.log.";
