import { anySignal } from "../terms/any-signal.js";
import { formatDuration } from "../terms/duration.js";
import {
  type Activity,
  type Flow,
  isInterruption,
  type Json,
  type LedgerEvent,
  type Phase,
  Problem,
  type ProblemData,
  type Release,
  type StepOptions,
  type Waiting,
} from "../terms/index.js";
import type { ReleaseOrder, ReleaseWorld } from "./ports.js";
import { phaseTooLong, releaseAborted } from "./problems.js";

/** What people may send to a running release. */
export type Command =
  | { do: "abort"; by: string; because: string }
  /** An answer to a question of a gate was written down; the release looks for it in the ledger. */
  | { do: "look" };

/** The name under which commands are sent. */
export const commandSignal = "command";

/** Ends the release before its end: thrown by phases, caught by the spine alone. */
export class Stop extends Error {
  constructor(
    readonly state: "failed" | "aborted",
    readonly problem: ProblemData,
    /** Somebody else put traffic where it is; it is not brought back. */
    readonly leaveTraffic = false,
  ) {
    super(problem.happened);
  }
}

/** What is told of whatever holds an environment while it acts. */
export type RunOrder = Pick<ReleaseOrder, "release" | "service" | "environment" | "actor" | "startedAt">;
/** What it is written down with. */
export type RunWorld = Pick<ReleaseWorld, "clock" | "releases" | "interrupted">;

/** A release on its way: the flow, its order, its world, and how to write down what happens. */
export class ReleaseRun<Order extends RunOrder = ReleaseOrder, World extends RunWorld = ReleaseWorld> {
  private phase: Phase = "preflight";
  private phaseSince = 0;
  private phaseUntil = 0;

  constructor(
    readonly flow: Flow,
    readonly order: Order,
    readonly world: World,
  ) {}

  /** An event of this release. The key makes it unique, so that a repeated step writes it once. */
  event(kind: string, key: string, data: LedgerEvent["data"], at = this.world.clock.now()): LedgerEvent {
    const { release, service, environment, actor } = this.order;
    return { key: `${release}/${key}`, kind, at, actor, service, environment, release, data };
  }

  /** How it ended, and how long it took. @param endedAt In milliseconds since the epoch. */
  endedEvent(
    { state, because, problem }: { state: string; because: string; problem?: ProblemData },
    endedAt: number,
  ): LedgerEvent {
    const ms = endedAt - this.order.startedAt;
    return this.event(
      "release.ended",
      "ended",
      { state, because, problem: problem?.code ?? null, ms },
      endedAt,
    );
  }

  /** Changes the release and tells the ledger, in one step and one transaction. */
  async change(
    name: string,
    change: Partial<Omit<Release, "id" | "service" | "environment">>,
    events: () => LedgerEvent[],
  ): Promise<void> {
    await this.flow.step(
      name,
      async () => {
        await this.world.releases.change(this.order.release, change, events());
      },
      { attempts: 5 },
    );
  }

  /**
   * Goes through one phase: says in the ledger that it begins and ends, gives it its deadline, and looks for an abort
   * before and after it.
   * @param part Tells apart two times that a release is in the same phase; the phase's own name by default.
   * @param waits What a reader of the ledger needs to say until when it waits here: the time it takes if all is well.
   */
  async inPhase<T>(
    phase: Phase,
    deadlineMs: number,
    body: () => Promise<T>,
    part: string = phase,
    waits: { waitsMs?: number; waitsUntil?: number } = {},
  ): Promise<T> {
    await this.stopIfAborted();
    const { clock, releases } = this.world;
    const since = await this.flow.step(
      `${part}: begin`,
      async () => {
        const at = clock.now();
        const until = at + deadlineMs;
        await releases.change(
          this.order.release,
          { phase, activity: { phase, doing: "beginning", since: at, until } },
          [this.event("phase.started", `${part}/started`, { phase, deadlineMs, ...waits }, at)],
        );
        return at;
      },
      { attempts: 5 },
    );
    this.phase = phase;
    this.phaseSince = since;
    this.phaseUntil = since + deadlineMs;
    const result = await body();
    await this.flow.step(
      `${part}: end`,
      async () => {
        const at = clock.now();
        await releases.change(this.order.release, {}, [
          this.event("phase.finished", `${part}/finished`, { phase, ms: at - since }, at),
        ]);
      },
      { attempts: 5 },
    );
    return result;
  }

  /** When the phase must be over, in milliseconds since the epoch. */
  get until(): number {
    return this.phaseUntil;
  }

  /**
   * One step of the phase, shown to people as `doing` while it runs. It may take what is left of the phase, and is cut
   * short when a person aborts.
   */
  async act<T>(
    name: string,
    doing: string,
    work: (signal: AbortSignal, tell: (doing: string, done?: number) => Promise<void>) => Promise<T>,
    options: StepOptions & { abortable?: boolean; waits?: readonly Waiting[] } = {},
  ): Promise<T> {
    const left = this.phaseUntil - (await this.flow.now());
    if (left <= 0) throw new Stop("failed", this.tooLong(doing));
    const { abortable = true, waits, ...step } = options;
    const { interrupted, releases } = this.world;
    const wasAborted = () => abortable && interrupted.aborted;
    let ended: { is: T } | { cut: true };
    try {
      ended = await this.flow.step<{ is: T } | { cut: true }>(
        name,
        async (signal) => {
          const tell = (text: string, done?: number) =>
            releases.doing(this.order.release, this.activity(text, done, waits));
          await tell(doing);
          const either = abortable ? anySignal(signal, interrupted) : undefined;
          try {
            const is = await work(either?.signal ?? signal, tell);
            return wasAborted() ? { cut: true } : { is };
          } catch (error) {
            // Written down as an answer and not as an error: an error would be tried again, with waits between.
            if (wasAborted() && !isInterruption(error)) return { cut: true };
            throw error;
          } finally {
            either?.release();
          }
        },
        { timeoutMs: left, ...step },
      );
    } catch (error) {
      if (isInterruption(error)) throw error;
      await this.stopIfAborted();
      if ((await this.flow.now()) >= this.phaseUntil) throw new Stop("failed", this.tooLong(doing));
      throw error;
    }
    // Asked this way round, because a step that gives nothing is read back without `is`.
    if (!("cut" in ended)) return ended.is;
    // What a step cut short has seen or thrown is not why the release ends. The command was sent before the cut, and
    // is here at once unless the store is slow.
    await this.pause(10_000);
    throw new Stop("aborted", releaseAborted({ by: "somebody", because: "no reason was read" }).toJSON());
  }

  /**
   * Asks again and again until there is an answer, with a pause that an abort cuts short.
   * @param ask Reads only. Gives undefined to be asked again.
   * @throws Stop when the phase's time is up or a person aborts.
   */
  async untilAnswered<T extends Json>(
    name: string,
    doing: string,
    pauseMs: number,
    ask: (signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T> {
    for (;;) {
      const answer = await this.act(name, doing, async (signal) => ({ is: (await ask(signal)) ?? null }), {
        timeoutMs: 60_000,
        attempts: 5,
      });
      if (answer.is !== null) return answer.is;
      await this.pause(pauseMs);
      if ((await this.flow.now()) >= this.phaseUntil) throw new Stop("failed", this.tooLong(doing));
    }
  }

  /** Waits, unless a person aborts; less long when there is something to look at. @throws Stop on abort. */
  async pause(ms: number): Promise<void> {
    const command = await this.flow.waitFor<Command>(commandSignal, ms);
    if (command !== undefined) this.obey(command);
  }

  /** @throws Stop when a person has asked for an abort that was not yet seen. */
  async stopIfAborted(): Promise<void> {
    await this.pause(0);
  }

  private obey(command: Command): void {
    if (command.do === "look") return;
    throw new Stop("aborted", releaseAborted({ by: command.by, because: command.because }).toJSON());
  }

  private tooLong(doing: string): ProblemData {
    const deadline = formatDuration(this.phaseUntil - this.phaseSince);
    return phaseTooLong({ phase: this.phase, deadline, doing }).toJSON();
  }

  private activity(doing: string, done?: number, waits: readonly Waiting[] = []): Activity {
    return {
      phase: this.phase,
      doing,
      since: this.phaseSince,
      until: this.phaseUntil,
      ...(done === undefined ? {} : { done }),
      ...(waits.length === 0 ? {} : { waits }),
    };
  }
}

/** Makes a problem of whatever a step threw, so that it can be written down and shown. */
export function problemOf(error: unknown, otherwise: () => Problem): ProblemData {
  if (error instanceof Stop) return error.problem;
  if (error instanceof Problem) return error.toJSON();
  if (error instanceof Error && "toJSON" in error && typeof error.toJSON === "function" && "fix" in error) {
    return error.toJSON() as ProblemData;
  }
  return otherwise().toJSON();
}
