import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import {
  anySignal,
  type Clock,
  type Engine,
  type FlowDefinition,
  FlowGivenUp,
  FlowInterrupted,
  type FlowState,
  type Json,
} from "@atoms/playbook";
import pg from "pg";
import {
  begin,
  closeJournal,
  entry,
  type FlowOrder,
  giveUp,
  type JournalEntry,
  openJournal,
  takeOver,
  unfinished,
} from "./dbos/dbos.js";
import { openFlow, type Run } from "./dbos/dbos-flow.js";
import { createTables, openSignals } from "./dbos/signals.js";
import { joinWorkers, type Worker } from "./dbos/workers.js";
import { type Outcome, readError, readOutcome, writeError, writeValue } from "./outcome.js";
import { engineClosed, engineOpen, noSuchFlow, resultTimedOut } from "./problems.js";
import { systemClock } from "./system-clock.js";

/** How often a flow is looked at that runs in another process, in milliseconds. */
const lookMs = 300;
/** How long `close` waits for what is in hand when it is not told, in milliseconds. */
const usualGraceMs = 1_000;

let open = false;

/** What an engine is opened with. */
export interface EngineOptions {
  /** The store's database. */
  connectionString: string;
  /** Every flow that may be started or resumed here. */
  // biome-ignore lint/suspicious/noExplicitAny: definitions of any input and result are kept side by side
  flows: readonly FlowDefinition<any, any>[];
  /**
   * Whether other processes run flows on the same database. Then this one shows that it lives, takes over the flows of
   * the dead within 15 s, and never runs a flow that is another's. Default false: what does not run here runs nowhere.
   */
  shared?: boolean;
  clock?: Clock;
  /** Numbers in [0, 1) for `Flow.random`. */
  random?: () => number;
  /** Told what the engine underneath says. Without it, nobody is. */
  log?: (level: "info" | "warning" | "error", text: string) => void;
}

/**
 * Opens the durable engine on the store's database. One per process at a time.
 * @throws engineOpen (ATM-716) when one is open; what the database says when it cannot be reached.
 */
export async function openDbosEngine(options: EngineOptions): Promise<Engine> {
  if (open) throw engineOpen();
  open = true;
  try {
    return await openHere(options);
  } catch (error) {
    open = false;
    throw error;
  }
}

async function openHere(options: EngineOptions): Promise<Engine> {
  const { clock = systemClock, random = Math.random, shared = false, log } = options;
  const definitions = new Map(options.flows.map((one) => [one.name, one]));
  const executor = `atoms-${process.pid}-${randomUUID()}`;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: 6,
    allowExitOnIdle: true,
    connectionTimeoutMillis: 10_000,
    // A worker that is cut off in a transaction says nothing more; its locks must not keep out whoever takes over.
    idle_in_transaction_session_timeout: 10_000,
    application_name: "atoms engine",
  });
  // A lost connection fails the call it was in; as an event nobody listens to it would end the process.
  const lost = (error: Error) => log?.("warning", error.message);
  pool.on("error", lost);
  pool.on("connect", (client) => client.on("error", lost));
  /** Runs outside whatever flow the caller may be in: an engine called in a step is not part of that step. */
  const outside = AsyncLocalStorage.snapshot();
  const signals = openSignals(pool);
  const runs = new Map<string, Run>();
  const inHand = new Set<Promise<unknown>>();
  let closing = false;

  const hold = (work: Promise<unknown>) => {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    inHand.add(settled);
    void settled.then(() => inHand.delete(settled));
  };
  /** Lets a flow go: its calls fail with `FlowInterrupted`, and nothing of it is written any more. */
  const letGo = (run: Run, because: string) => {
    runs.delete(run.id);
    run.leave.abort(new FlowInterrupted(because));
    run.wake();
  };

  /** What the journal runs for every flow. Comes to nothing when the flow is no longer run here. */
  const body = async (id: string, order: FlowOrder): Promise<unknown> => {
    const run = newRun(id);
    runs.set(id, run);
    const definition = definitions.get(order.name);
    if (definition === undefined || definition.version !== order.version || closing) {
      letGo(run, "this engine does not run it");
      return forever;
    }
    const flow = openFlow({
      run,
      executor,
      pool,
      clock,
      random,
      signals,
      shared,
      hold,
      outside,
      start,
      newsOf,
    });
    const ended = definition.run(flow, order.input).then(
      writeValue,
      (error: unknown): Outcome => ({
        error: writeError(error),
      }),
    );
    hold(ended);
    const outcome = await ended;
    if (!run.leave.signal.aborted) return outcome;
    runs.delete(id);
    return forever;
  };
  const endOf = (id: string) => () => {
    const run = runs.get(id);
    runs.delete(id);
    run?.wake();
  };
  /** Waits until something may have happened to a flow, here or elsewhere. */
  const newsOf = async (id: string, ms: number) => {
    const run = runs.get(id);
    await (run === undefined
      ? clock.sleep(Math.min(lookMs, ms))
      : run.news(clock, Math.min(lookMs * 10, ms)));
  };
  const start = async <I extends Json, O>(definition: FlowDefinition<I, O>, id: string, input: I) => {
    if (closing) throw engineClosed({ id });
    definitions.set(definition.name, definition);
    if (runs.has(id)) return;
    const { name, version } = definition;
    await outside(() => begin(id, { name, version, input }, endOf(id)));
  };
  const knows = ({ order }: JournalEntry) => definitions.get(order.name)?.version === order.version;
  const resume = async (only?: string) => {
    const taken: string[] = [];
    const living = await worker?.living();
    for (const flow of await outside(unfinished)) {
      if (closing || runs.has(flow.id) || !knows(flow)) continue;
      if (only !== undefined && flow.id !== only) continue;
      if (flow.executor !== executor && living?.has(flow.executor)) continue;
      if (await outside(() => takeOver(pool, flow, executor, endOf(flow.id)))) taken.push(flow.id);
    }
    return taken;
  };

  let worker: Worker | undefined;
  try {
    await outside(() => openJournal(pool, executor, body, log));
    await createTables(pool);
    if (shared) {
      const silent = () => {
        for (const run of [...runs.values()])
          letGo(run, "the database has not heard of this process for too long");
      };
      worker = await outside(() =>
        joinWorkers(pool, executor, clock, silent, async () => {
          await resume();
        }),
      );
    }
  } catch (error) {
    await closeJournal().catch(() => undefined);
    await pool.end();
    throw error;
  }

  return {
    start,
    resume,
    async result<O>(id: string, timeoutMs: number): Promise<O> {
      const until = clock.monotonic() + timeoutMs;
      for (;;) {
        if (closing) throw engineClosed({ id });
        const flow = await outside(() => entry(id));
        if (flow === undefined) throw noSuchFlow({ id });
        if (flow.ended) return readOutcome<O>(flow.output as Outcome);
        const left = until - clock.monotonic();
        if (left <= 0) throw resultTimedOut({ id, timeoutMs });
        await newsOf(id, left);
      }
    },
    async signal(id, name, payload) {
      if (closing) throw engineClosed({ id });
      await signals.send(id, name, payload);
      runs.get(id)?.wake();
    },
    async state(id): Promise<FlowState> {
      if (runs.has(id)) return { state: "running" };
      const flow = await outside(() => entry(id));
      if (flow === undefined) return { state: "unknown" };
      if (flow.ended) {
        const outcome = flow.output as Outcome;
        return "error" in outcome
          ? { state: "failed", error: readError(outcome.error) }
          : { state: "done", result: readOutcome(outcome) };
      }
      if (flow.executor !== executor && (await worker?.living())?.has(flow.executor))
        return { state: "running" };
      if (knows(flow)) return { state: "interrupted" };
      const { name, version } = flow.order;
      const known = definitions.get(name)?.version;
      return {
        state: "interrupted",
        because: `it was started as ${name} version ${version}, which this Atoms ${known === undefined ? "does not have" : `has as version ${known}`}`,
      };
    },
    mayAct: () => !closing && (worker?.isHeard() ?? true),
    async giveUp(id, because) {
      if (closing) throw engineClosed({ id });
      if (runs.has(id)) return undefined;
      const flow = await outside(() => entry(id));
      const input = flow === undefined ? null : flow.order.input;
      if (flow?.ended) return "error" in (flow.output as Outcome) ? { input } : undefined;
      if (flow !== undefined && flow.executor !== executor && (await worker?.living())?.has(flow.executor))
        return undefined;
      const outcome: Outcome = { error: writeError(new FlowGivenUp(because)) };
      return (await giveUp(pool, id, flow, outcome)) ? { input } : undefined;
    },
    async close(graceMs = usualGraceMs) {
      if (closing) return;
      closing = true;
      for (const run of [...runs.values()]) letGo(run, "the engine is closing");
      const over = new AbortController();
      await Promise.race([Promise.all(inHand), clock.sleep(graceMs, over.signal).catch(() => undefined)]);
      over.abort();
      await worker?.leave();
      await outside(closeJournal);
      await pool.end();
      open = false;
    },
  };
}

/** Where a flow stays that is no longer run here: DBOS would write down whatever it came to. */
const forever = new Promise<never>(() => undefined);

function newRun(id: string): Run {
  const listeners = new Set<() => void>();
  const leave = new AbortController();
  return {
    id,
    leave,
    wake() {
      for (const listener of [...listeners]) listener();
    },
    async news(clock, ms) {
      const stop = new AbortController();
      const either = anySignal(stop.signal, leave.signal);
      await new Promise<void>((resolve) => {
        listeners.add(resolve);
        clock
          .sleep(ms, either.signal)
          .catch(() => undefined)
          .finally(() => {
            listeners.delete(resolve);
            resolve();
          });
      });
      stop.abort();
      either.release();
    },
  };
}
