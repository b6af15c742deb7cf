/** A value that survives being written down and read back: what steps return and signals carry. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** How one step is run. */
export interface StepOptions {
  /** Milliseconds after which the step's `AbortSignal` fires and the step fails with a time-out. Default 60,000. */
  timeoutMs?: number;
  /** How often the work is tried in all before the step fails; waits between tries grow from `backoffMs`. Default 1. */
  attempts?: number;
  /** First wait between tries in milliseconds; doubles each time, at most 30,000. Default 500. */
  backoffMs?: number;
}

/**
 * All that a chapter may ask of durability. A flow is plain code over these calls: what they return is written down,
 * and after a crash the code runs again from the top with the written answers until it reaches the call it was in.
 *
 * So between two calls a flow must be a pure function of its input and of the answers so far; the world is touched
 * inside `step` only, and the work of every step must be safe to run twice.
 */
export interface Flow {
  /** The flow's own id; for a release it is the release's id. */
  readonly id: string;
  /**
   * Runs `work` and writes its result down. Not run again once its result is written; run again if the process died
   * before that.
   * @param name Stable label, unique enough to be read in a trace, e.g. "create deployment".
   * @param work Gets a signal that fires when the time is up or the engine is closing.
   * @throws What `work` threw in its last try. A thrown error is written down too and thrown again on replay.
   */
  step<T>(name: string, work: (signal: AbortSignal) => Promise<T>, options?: StepOptions): Promise<T>;
  /** Waits, across restarts: the wake-up time is fixed when the wait first begins. */
  sleep(ms: number): Promise<void>;
  /** The time in milliseconds since the epoch, the same on every replay. */
  now(): Promise<number>;
  /** A number in [0, 1), the same on every replay. */
  random(): Promise<number>;
  /**
   * Waits for the next unread signal of that name, at most `timeoutMs` (0 only looks). Signals sent before the wait
   * began are kept and come in the order they were sent.
   * @returns What was sent, or undefined when the time is up.
   */
  waitFor<T extends Json>(signal: string, timeoutMs: number): Promise<T | undefined>;
  /** Starts another flow under a stable id and waits for its result. Started twice under one id, it runs once. */
  child<I extends Json, O>(definition: FlowDefinition<I, O>, id: string, input: I): Promise<O>;
}

/** A flow by name. `version` changes when old runs could no longer be replayed by the new code. */
export interface FlowDefinition<I, O> {
  readonly name: string;
  readonly version: number;
  run(flow: Flow, input: I): Promise<O>;
}

/** Where a flow stands, seen from outside. */
export type FlowState =
  | { state: "running" }
  | { state: "done"; result: unknown }
  | { state: "failed"; error: Error }
  /** Written down as unfinished, but nobody in this process is running it. `because`: why it cannot be resumed here. */
  | { state: "interrupted"; because?: string }
  | { state: "unknown" };

/** Runs flows. One contract suite holds every implementation to these words. */
export interface Engine {
  /** Starts a flow under an id. Does nothing when a flow of that id was ever started. */
  start<I extends Json, O>(definition: FlowDefinition<I, O>, id: string, input: I): Promise<void>;
  /** Waits for a flow's result, at most `timeoutMs`. @throws What the flow threw; a time-out error; "no such flow". */
  result<O>(id: string, timeoutMs: number): Promise<O>;
  /** Sends a signal to a flow, now or before it waits; kept until read, also over a restart. */
  signal(id: string, name: string, payload: Json): Promise<void>;
  state(id: string): Promise<FlowState>;
  /**
   * Whether flows may act here this moment; asked right before an act leaves the process. False once the engine closes, and
   * when others may hold this process for dead: it was paused, or cut off from the database, for too long.
   */
  mayAct(): boolean;
  /** Picks up every unfinished flow that nobody runs. @param only One flow by its id, and no other. @returns their ids. */
  resume(only?: string): Promise<string[]>;
  /**
   * Ends a flow that nobody can go on with, for good: it has failed with a `FlowGivenUp`, and no engine on this journal ever
   * runs it again, one that knows its version or was only paused no more than this one. A flow that was never begun is ended
   * in the same way before it can be. Safe to repeat.
   * @param because Why nobody can; whoever waits for the flow's result is told.
   * @returns What it was started with, null when it was never begun; undefined when somebody runs it or it has come to a
   *   result, and so nothing was done.
   */
  giveUp(id: string, because: string): Promise<{ input: unknown } | undefined>;
  /** Stops running flows here without ending them: they are resumed later. Waits for steps in hand at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Thrown by any call of `Flow` when the engine stops running the flow here (it is closing, or the flow is no longer
 * ours). The flow must let it pass: whatever catches errors asks `isInterruption` first. The run goes on elsewhere or
 * later from where it was.
 */
export class FlowInterrupted extends Error {
  override readonly name = "FlowInterrupted";
}

/** Says whether an error is the engine letting go of the flow, not a failure of its work. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === "FlowInterrupted";
}

/** What a flow has failed with that was given up because nobody could go on with it. */
export class FlowGivenUp extends Error {
  override readonly name = "FlowGivenUp";
}

/** Says whether a flow failed because it was given up. */
export function isGivenUp(error: unknown): boolean {
  return error instanceof Error && error.name === "FlowGivenUp";
}
