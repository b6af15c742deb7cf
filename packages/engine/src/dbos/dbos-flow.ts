import {
  type Clock,
  type Engine,
  type Flow,
  type FlowDefinition,
  FlowInterrupted,
  type Json,
  type StepOptions,
} from "@atoms/playbook";
import type { Pool } from "pg";
import { attempt } from "../attempts.js";
import { type Outcome, readOutcome } from "../outcome.js";
import { flowDiverged } from "../problems.js";
import { waitUntil } from "../wait-until.js";
import { entry, failureOf, isOurs, journalled } from "./dbos.js";
import type { Signals } from "./signals.js";

/** How long a wait goes without looking for a signal that another process sent, in milliseconds. */
const lookMs = { shared: 300, alone: 5_000 };

/** A flow as it is run by this engine. */
export interface Run {
  readonly id: string;
  /** Fires when the flow is no longer run here. */
  readonly leave: AbortController;
  /** Says that something happened: a signal, the end. */
  wake(): void;
  /** Waits until something happens, or the flow is let go, at most `ms`. */
  news(clock: Clock, ms: number): Promise<void>;
}

/** What a flow is made of. */
export interface FlowParts {
  run: Run;
  executor: string;
  pool: Pool;
  clock: Clock;
  random: () => number;
  signals: Signals;
  shared: boolean;
  /** Tells the engine of work in hand, so that closing can wait for it. */
  hold: (work: Promise<unknown>) => void;
  outside: <T>(work: () => T) => T;
  start: Engine["start"];
  /** Waits until something may have happened to a flow, at most `ms`. */
  newsOf: (id: string, ms: number) => Promise<void>;
}

/** The port `Flow` on the journal. Every call is one step of the journal, or two where a wait has an end. */
export function openFlow(parts: FlowParts): Flow {
  const { run, executor, pool, clock, random, signals, shared, hold, outside, start, newsOf } = parts;
  const gone = run.leave.signal;
  let place = 0;

  /**
   * Answers from the journal, or finds the answer and writes it there.
   * @param find Comes to undefined when the flow was let go meanwhile: then nothing is written. Nor is its failure.
   */
  const written = async <T>(label: string, find: () => Promise<Outcome | undefined>): Promise<T> => {
    gone.throwIfAborted();
    let stop: (error: unknown) => void = () => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = reject;
    });
    const recorded = journalled<Outcome>(label, () =>
      outside(async () => {
        // What fails here is a look into the database, never the flow's work: thrown on, it would be written down as the
        // answer for ever, once the database is back. The flow is let go, and gone on with from what is written.
        const outcome = await find().catch(() => {
          run.leave.abort(new FlowInterrupted("the database did not answer"));
          return undefined;
        });
        if (outcome !== undefined) return outcome;
        stop(gone.reason);
        return new Promise<never>(() => undefined);
      }),
    );
    const answer = Promise.race([recorded, stopped]);
    hold(answer);
    let outcome: Outcome;
    try {
      outcome = await answer;
    } catch (error) {
      if (gone.aborted) throw gone.reason;
      const failure = failureOf(error);
      if (failure.kind === "diverged")
        throw flowDiverged({ id: run.id, written: failure.written, asked: label });
      const interruption = new FlowInterrupted("the flow is no longer this engine's");
      run.leave.abort(interruption);
      throw interruption;
    }
    // What was just written stands; a flow that was let go meanwhile learns of that here, not in its next call.
    gone.throwIfAborted();
    return readOutcome<T>(outcome);
  };
  /** When a wait ends: fixed when it first begins. */
  const deadline = (label: string, ms: number) =>
    written<number>(label, async () => ({ value: clock.now() + Math.max(0, ms) }));

  return {
    id: run.id,
    step: <T>(name: string, work: (signal: AbortSignal) => Promise<T>, options: StepOptions = {}) =>
      written<T>(`step ${name}`, async () => {
        if (shared && !(await isOurs(pool, run.id, executor))) {
          run.leave.abort(new FlowInterrupted("another worker took the flow over"));
          return undefined;
        }
        return attempt(name, work, options, clock, gone);
      }),
    now: () => written("now", async () => ({ value: clock.now() })),
    random: () => written("random", async () => ({ value: random() })),
    async sleep(ms) {
      const { left } = waitUntil(clock, await deadline("sleep", ms), ms);
      await clock.sleep(Math.max(0, left()), gone);
    },
    async waitFor<T extends Json>(name: string, timeoutMs: number) {
      const mine = place++;
      const until = timeoutMs > 0 ? await deadline(`wait for ${name} until`, timeoutMs) : 0;
      const { left } = waitUntil(clock, until, timeoutMs);
      return written<T | undefined>(`wait for ${name}`, async () => {
        for (;;) {
          const sent = await signals.read(run.id, name, mine);
          if (sent !== undefined) return { value: sent.payload };
          if (gone.aborted) return undefined;
          const ms = left();
          if (ms <= 0) return {};
          await run.news(clock, Math.min(ms, shared ? lookMs.shared : lookMs.alone));
        }
      });
    },
    child: <I extends Json, O>(definition: FlowDefinition<I, O>, id: string, input: I) =>
      written<O>(`child ${id}`, async () => {
        await start(definition, id, input);
        for (;;) {
          const child = await outside(() => entry(id));
          if (child?.ended) return child.output as Outcome;
          if (gone.aborted) return undefined;
          await newsOf(id, lookMs.shared);
        }
      }),
  };
}
