import type { Problem } from "@atoms/playbook";
import { outcomeUnknown } from "../problems.js";
import { VercelError } from "../vercel-error.js";
import { type Subject, toProblem } from "./explain.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** Milliseconds between two looks at the state. */
const betweenLooksMs = 250;

/** How often the state is looked at after the platform said yes: for five seconds. */
const looksAfterYes = 20;

/** How often after a lost answer: the request may still be in hand, but the next one is waiting. */
const looksAfterNothing = 4;

/** An act, and how to see that it was done. */
export interface Act {
  subject: Subject;
  /** Sends the request. */
  ask(): Promise<unknown>;
  /**
   * Reads the state back.
   * @returns undefined when it is as wanted, else the state as a clause; throws a problem when it never will be.
   */
  missing(): Promise<string | undefined>;
  /** Why the platform refused, when its answer alone does not tell. */
  whyRefused?(error: VercelError): Promise<Problem>;
}

/**
 * Carries out an act and returns when its effect was read back. A lost answer is no failure, and a good answer is no
 * proof: only the state that is read decides. A request that left no trace is sent once more.
 * @throws What `missing` throws; a refusal; ATM-311 with the state that was read.
 */
export async function carryOut(
  act: Act,
  options: VercelPlatformOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    const error = await failureOf(act.ask());
    // After a refusal one look tells whether there was nothing left to do.
    const looks = error === undefined ? looksAfterYes : error.actMayHaveHappened ? looksAfterNothing : 1;
    const state = await stillMissing(act, looks, options, signal);
    if (state === undefined) return;
    if (error === undefined) {
      throw outcomeUnknown({
        platform: titleOf(options.name),
        api: options.api,
        asked: act.subject.asked,
        act: true,
        message: "it said yes, but nothing came of it.",
        state,
      });
    }
    if (!error.actMayHaveHappened) {
      throw (await act.whyRefused?.(error)) ?? toProblem(error, act.subject, options);
    }
    if (tried < 2) continue;
    throw toProblem(error, { ...act.subject, state }, options);
  }
}

/** Reads the state until it is as wanted, or for as many looks as given. */
async function stillMissing(
  act: Act,
  looks: number,
  options: VercelPlatformOptions,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (let looked = 1; ; looked++) {
    let state: string | undefined;
    try {
      state = await act.missing();
    } catch (error) {
      if (!(error instanceof VercelError)) throw error;
      return `reading it failed too (${error.message})`;
    }
    if (state === undefined || looked >= looks) return state;
    await options.clock.sleep(betweenLooksMs, signal);
  }
}

async function failureOf(work: Promise<unknown>): Promise<VercelError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof VercelError) return error;
    throw error;
  }
}
