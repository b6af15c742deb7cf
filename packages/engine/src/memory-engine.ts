import {
  anySignal,
  type Clock,
  type Engine,
  type Flow,
  type FlowDefinition,
  FlowGivenUp,
  FlowInterrupted,
  type FlowState,
  type Json,
  type StepOptions,
} from "@atoms/playbook";
import { attempt } from "./attempts.js";
import { type Outcome, readError, readOutcome, writeError, writeValue } from "./outcome.js";
import { engineClosed, flowDiverged, noSuchFlow, resultTimedOut } from "./problems.js";
import { waitUntil } from "./wait-until.js";

/** One call a flow made, and what it was answered, as it would stand on disk. */
interface Line {
  call: string;
  /** When a wait ends, fixed when it begins. */
  until?: number;
  outcome?: Outcome;
}

interface FlowRecord {
  name: string;
  version: number;
  input: string;
  lines: Line[];
  signals: Map<string, Json[]>;
  outcome?: Outcome;
}

/** What outlives an engine in memory, as a database outlives a process. Give it to the next engine to go on. */
export interface MemoryJournal {
  readonly flows: Map<string, FlowRecord>;
  readonly early: Map<string, Map<string, Json[]>>;
}

/** An empty journal. */
export function memoryJournal(): MemoryJournal {
  return { flows: new Map(), early: new Map() };
}

/** A moment in a step at which a process can die. */
export interface Moment {
  flow: string;
  step: string;
  /** `before` the work began; `unwritten`: the work is done, its result is not written; `written`: it is. */
  when: "before" | "unwritten" | "written";
}

/** An engine without a database, for tests: same words, and it can be made to die. */
export interface MemoryEngine extends Engine {
  /** Dies as by `kill -9`: running flows stop where they are, without running any code of theirs. */
  crash(): void;
  /** Dies at the first moment the function says yes to. */
  crashWhen(dies: (moment: Moment) => boolean): void;
  readonly crashed: boolean;
  /** What is written down; open another engine with it to go on. */
  readonly journal: MemoryJournal;
}

/** A promise that never settles: where a flow stays when its process is dead. */
const forever = new Promise<never>(() => undefined);

/**
 * Opens an engine in memory.
 * @param options.clock Time of `now`, `sleep`, time-outs.
 * @param options.random Numbers in [0, 1) for `random`.
 * @param options.flows Flows that may be resumed before they are started here.
 * @param options.journal The journal of an engine that crashed or was closed. Default: a new one.
 */
export function memoryEngine(options: {
  clock: Clock;
  random: () => number;
  // biome-ignore lint/suspicious/noExplicitAny: definitions of any input and result are kept side by side
  flows?: readonly FlowDefinition<any, any>[];
  journal?: MemoryJournal;
}): MemoryEngine {
  const { clock, random, journal = memoryJournal() } = options;
  const definitions = new Map((options.flows ?? []).map((one) => [one.name, one]));
  const running = new Set<string>();
  /** Steps and whole flows that run here, for `close` to wait for. */
  const inHand = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const woken = new Map<string, Set<() => void>>();
  let dies: (moment: Moment) => boolean = () => false;
  let crashed = false;

  const gone = () => crashed || closing.signal.aborted;
  const leave = (reason: Error) => {
    closing.abort(reason);
    running.clear();
    for (const id of [...woken.keys()]) wake(id);
  };
  const crash = () => {
    if (gone()) return;
    crashed = true;
    leave(new FlowInterrupted("the process died"));
  };
  /** What a flow's call comes to when nobody runs the flow here any more: nothing at all when the process is dead. */
  const halted = (): Promise<never> =>
    crashed ? forever : Promise.reject(new FlowInterrupted("the engine is closing"));
  const diesAt = (moment: Moment) => {
    if (!gone() && dies(moment)) crash();
    return gone();
  };
  const wake = (id: string) => {
    const waiting = [...(woken.get(id) ?? [])];
    woken.delete(id);
    for (const one of waiting) one();
  };
  /** Waits until something happens to a flow (a signal, its end) or the time comes. */
  const change = async (id: string, ms: number, signal?: AbortSignal) => {
    const stopWaiting = new AbortController();
    const cancel = anySignal(stopWaiting.signal, ...(signal === undefined ? [] : [signal]));
    let listen: () => void = () => undefined;
    const news = new Promise<void>((resolve) => {
      listen = resolve;
      woken.set(id, (woken.get(id) ?? new Set()).add(resolve));
    });
    const timer = clock.sleep(ms, cancel.signal).catch(() => undefined);
    await Promise.race([news, timer]);
    woken.get(id)?.delete(listen);
    stopWaiting.abort();
    cancel.release();
  };

  const launch = (id: string) => {
    const record = journal.flows.get(id);
    if (record === undefined || record.outcome !== undefined || running.has(id) || gone()) return false;
    const definition = definitions.get(record.name);
    if (definition === undefined || definition.version !== record.version) return false;
    running.add(id);
    const finish = (outcome: Outcome) => {
      if (gone()) return;
      record.outcome = outcome;
      running.delete(id);
      wake(id);
    };
    const ended = Promise.resolve()
      .then(() => definition.run(flowOf(id, record), JSON.parse(record.input)))
      .then(
        (value) => finish(writeValue(value)),
        (error: unknown) => finish({ error: writeError(error) }),
      );
    inHand.add(ended);
    void ended.then(() => inHand.delete(ended));
    return true;
  };

  const flowOf = (id: string, record: FlowRecord): Flow => {
    let place = 0;
    /** The line of this call: the written one on replay, else a new one. Its place is taken at once, in the order of calls. */
    const line = (call: string): Line => {
      const written = record.lines[place];
      if (written !== undefined && written.call !== call)
        throw flowDiverged({ id, written: written.call, asked: call });
      const mine = written ?? { call };
      record.lines[place++] = mine;
      return mine;
    };
    /** Answers from the line, or finds the answer and writes it there. No answer means this process is dead to the flow. */
    const answered = async <T>(mine: Line, find: () => Promise<Outcome | undefined>): Promise<T> => {
      if (gone()) return halted();
      if (mine.outcome === undefined) {
        const outcome = await find();
        if (outcome === undefined || crashed) return halted();
        mine.outcome = outcome;
      }
      return readOutcome<T>(mine.outcome);
    };
    const step = async <T>(
      name: string,
      todo: (signal: AbortSignal) => Promise<T>,
      stepOptions: StepOptions = {},
    ): Promise<T> => {
      const mine = line(`step ${name}`);
      if (mine.outcome !== undefined) return answered<T>(mine, async () => undefined);
      if (diesAt({ flow: id, step: name, when: "before" })) return halted();
      const work = attempt(name, todo, stepOptions, clock, closing.signal);
      inHand.add(work);
      const outcome = await work;
      inHand.delete(work);
      if (crashed || outcome === undefined) return halted();
      if (!closing.signal.aborted && diesAt({ flow: id, step: name, when: "unwritten" })) return halted();
      mine.outcome = outcome;
      if (diesAt({ flow: id, step: name, when: "written" })) return halted();
      return readOutcome<T>(outcome);
    };
    return {
      id,
      step,
      now: async () => answered(line("now"), async () => ({ value: clock.now() })),
      random: async () => answered(line("random"), async () => ({ value: random() })),
      async sleep(ms) {
        const mine = line("sleep");
        if (gone()) return halted();
        mine.until ??= clock.now() + ms;
        const { left } = waitUntil(clock, mine.until, ms);
        return answered(mine, async () => {
          await clock.sleep(Math.max(0, left()), closing.signal).catch(() => undefined);
          return gone() ? undefined : {};
        });
      },
      async waitFor<T extends Json>(signal: string, timeoutMs: number) {
        const mine = line(`waitFor ${signal}`);
        if (gone()) return halted();
        mine.until ??= clock.now() + timeoutMs;
        const { left } = waitUntil(clock, mine.until, timeoutMs);
        return answered<T | undefined>(mine, async () => {
          for (;;) {
            if (gone()) return undefined;
            const sent = record.signals.get(signal);
            if (sent !== undefined && sent.length > 0) {
              // Read and written in one breath, so that a crash loses no signal.
              mine.outcome = { value: sent.shift() };
              return mine.outcome;
            }
            const ms = left();
            if (ms <= 0) return {};
            await change(id, ms, closing.signal);
          }
        });
      },
      async child<I extends Json, O>(
        definition: FlowDefinition<I, O>,
        childId: string,
        input: I,
      ): Promise<O> {
        const mine = line(`child ${childId}`);
        return answered<O>(mine, async () => {
          begin(definition, childId, input);
          for (;;) {
            if (gone()) return undefined;
            const outcome = journal.flows.get(childId)?.outcome;
            if (outcome !== undefined) return outcome;
            await change(childId, 3_600_000, closing.signal);
          }
        });
      },
    };
  };

  const begin = <I extends Json, O>(definition: FlowDefinition<I, O>, id: string, input: I) => {
    definitions.set(definition.name, definition);
    if (!journal.flows.has(id)) {
      journal.flows.set(id, {
        name: definition.name,
        version: definition.version,
        input: JSON.stringify(input),
        lines: [],
        signals: journal.early.get(id) ?? new Map(),
      });
      journal.early.delete(id);
    }
    launch(id);
  };

  return {
    journal,
    get crashed() {
      return crashed;
    },
    crash,
    crashWhen(when) {
      dies = when;
    },
    async start(definition, id, input) {
      if (gone()) throw engineClosed({ id });
      if (!journal.flows.has(id)) begin(definition, id, input);
    },
    async result<O>(id: string, timeoutMs: number): Promise<O> {
      const until = clock.monotonic() + timeoutMs;
      for (;;) {
        const record = journal.flows.get(id);
        if (record === undefined) throw noSuchFlow({ id });
        if (record.outcome !== undefined) return readOutcome<O>(record.outcome);
        if (gone()) throw engineClosed({ id });
        const left = until - clock.monotonic();
        if (left <= 0) throw resultTimedOut({ id, timeoutMs });
        await change(id, left, closing.signal);
      }
    },
    async signal(id, name, payload) {
      if (gone()) throw engineClosed({ id });
      const signals = journal.flows.get(id)?.signals ?? journal.early.get(id) ?? new Map<string, Json[]>();
      if (!journal.flows.has(id)) journal.early.set(id, signals);
      signals.set(name, [...(signals.get(name) ?? []), structuredClone(payload)]);
      wake(id);
    },
    async state(id): Promise<FlowState> {
      const record = journal.flows.get(id);
      if (record === undefined) return { state: "unknown" };
      if (record.outcome !== undefined)
        return "error" in record.outcome
          ? { state: "failed", error: readError(record.outcome.error) }
          : { state: "done", result: readOutcome(record.outcome) };
      if (running.has(id)) return { state: "running" };
      const known = definitions.get(record.name);
      if (known !== undefined && known.version === record.version) return { state: "interrupted" };
      return {
        state: "interrupted",
        because: `it was started as ${record.name} version ${record.version}, which this Atoms ${known === undefined ? "does not have" : `has as version ${known.version}`}`,
      };
    },
    mayAct: () => !gone(),
    async giveUp(id, because) {
      if (gone()) throw engineClosed({ id });
      if (running.has(id)) return undefined;
      const record = journal.flows.get(id);
      if (record?.outcome !== undefined && !("error" in record.outcome)) return undefined;
      const outcome = record?.outcome ?? { error: writeError(new FlowGivenUp(because)) };
      if (record !== undefined) record.outcome = outcome;
      else
        journal.flows.set(id, {
          name: "",
          version: 0,
          input: "null",
          lines: [],
          signals: new Map(),
          outcome,
        });
      wake(id);
      return { input: record === undefined ? null : (JSON.parse(record.input) as unknown) };
    },
    resume: async (only) =>
      gone()
        ? []
        : [...journal.flows.keys()].filter((id) => only === undefined || id === only).filter(launch),
    async close(graceMs = 0) {
      if (gone()) return;
      const unfinished = [...inHand];
      leave(new FlowInterrupted("the engine is closing"));
      if (unfinished.length === 0) return;
      const over = new AbortController();
      const grace = clock.sleep(graceMs, over.signal).catch(() => undefined);
      await Promise.race([Promise.allSettled(unfinished), grace]);
      over.abort();
    },
  };
}
