import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "undici";
import { isSameProcess } from "../folder/process-identity.js";
import { Origin } from "../http1/origin.js";
import type { Command } from "./command.js";
import { freePort } from "./free-port.js";
import { type LoopbackAddress, originOf, whereAccepting } from "./loopback.js";
import { printedLines } from "./printed-lines.js";
import { endGroup, INSTANCE_VARIABLE, type ProcessRecord } from "./process-group.js";
import { familyOf, type ProcessFacts, readProcesses } from "./process-table.js";

const CONNECT_POLL_MS = 10;
const DRAIN_POLL_MS = 20;
/** How long after an answer a printed line is still taken as part of it. */
const LINE_MS = 100;

/** Why an instance could not be used. */
export class InstanceFailure extends Error {
  override readonly name = "InstanceFailure";

  /** @param how `died`: the process ended by itself; `silent`: it never accepted a connection in time */
  constructor(
    readonly how: "died" | "silent",
    message: string,
  ) {
    super(message);
  }
}

/** What an instance needs from those around it. */
export interface InstanceSurroundings {
  readonly id: string;
  readonly command: Command;
  readonly variables: (port: number) => Record<string, string>;
  readonly record: ProcessRecord;
  readonly startMs: number;
  readonly stopMs: number;
  readonly answerMs: number;
  /** Takes a printed line; a returned promise slows the reading down. */
  readonly onLine: (stream: "stdout" | "stderr", text: string) => Promise<void>;
  /** Told as soon as there is a process, before it accepts connections. */
  readonly onSpawn: (instance: Instance) => void;
  readonly onEnd: (instance: Instance, reason: string, expected: boolean) => void;
}

/** Where a process listens, and the connections to it: for any request, and for plain ones. */
interface Door {
  readonly address: LoopbackAddress;
  readonly pool: Pool;
  readonly origin: Origin;
}

/** One running process of a deployment, with the connections to it. */
export class Instance {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #requests = new Set<string>();
  readonly #surroundings: InstanceSurroundings;
  #state: "starting" | "running" | "stopping" | "ended" = "starting";
  #stopped: Promise<void> | null = null;
  #ended: Promise<void>;
  #endReason = "ended";
  /** Why it is ended although nobody stops it. */
  #verdict: string | null = null;
  /** The processes that it consists of, with their starts, as far as they were seen. */
  #family = new Map<number, string>();
  #lastRequest: string | null = null;
  /** Where it listens, and the connections there; null until it accepts them. */
  #door: Door | null = null;
  lastUsed = performance.now();

  private constructor(
    surroundings: InstanceSurroundings,
    readonly port: number,
  ) {
    this.#surroundings = surroundings;
    this.id = surroundings.id;
    const { command } = surroundings;
    this.#child = spawn(command.file, [...command.args], {
      cwd: command.cwd,
      env: merged(surroundings.variables(port), command.variables, this.id),
      detached: true,
      // The fourth descriptor is the leash: it closes with this process, however this process ends.
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#ended = new Promise((resolve) => {
      const finish = (how: string) => {
        const reason = this.#verdict ?? how;
        const expected = this.#state === "stopping";
        this.#state = "ended";
        this.#endReason = reason;
        surroundings.onEnd(this, reason, expected);
        void this.#cleanUp().then(resolve);
      };
      this.#child.once("error", (error) => finish(`could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) =>
        finish(signal ? `was ended by ${signal}` : `ended with code ${code}`),
      );
    });
    if (this.#child.pid !== undefined) surroundings.record.add(this.#child.pid, this.id);
    this.#listenTo(this.#child.stdout, "stdout");
    this.#listenTo(this.#child.stderr, "stderr");
    // Writing nothing keeps the leash; an error on it only means that the child went first.
    this.#child.stdio[3]?.on("error", () => undefined);
  }

  /**
   * Starts the process and waits until it accepts connections, at whichever loopback address it has chosen this time.
   * @throws InstanceFailure when it ends first or stays silent; nothing of it is left running then
   */
  static async start(surroundings: InstanceSurroundings): Promise<Instance> {
    const instance = new Instance(surroundings, await freePort());
    surroundings.onSpawn(instance);
    const until = performance.now() + surroundings.startMs;
    while (!instance.hasEnded) {
      const address = await whereAccepting(instance.port);
      if (address !== null) {
        instance.#open(address);
        if (instance.#state === "starting") instance.#state = "running";
        return instance;
      }
      if (performance.now() > until) {
        await instance.stop();
        throw new InstanceFailure(
          "silent",
          `The process did not listen on PORT ${instance.port} of 127.0.0.1 or ::1 within ${surroundings.startMs} ms.`,
        );
      }
      await wait(CONNECT_POLL_MS);
    }
    throw new InstanceFailure("died", `The process ${instance.#endReason} before it accepted a connection.`);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }
  /** The address that it listens on. It has one as soon as it has started. */
  get address(): LoopbackAddress {
    return this.#opened().address;
  }
  /** The connections to it that carry any request. */
  get pool(): Pool {
    return this.#opened().pool;
  }
  /** The connections to it that carry plain requests. */
  get origin(): Origin {
    return this.#opened().origin;
  }
  get isRunning(): boolean {
    return this.#state === "running";
  }
  get hasEnded(): boolean {
    return this.#state === "ended";
  }
  /** Requests that are being answered. */
  get inFlight(): number {
    return this.#requests.size;
  }
  /**
   * The request that a line printed now belongs to: the one being answered when there is exactly one, or the one
   * answered a moment ago when there is none, as a line takes longer than an answer. Null when it cannot be told.
   */
  get currentRequest(): string | null {
    if (this.#requests.size === 1) return [...this.#requests][0] ?? null;
    const isFresh = this.#requests.size === 0 && performance.now() - this.lastUsed < LINE_MS;
    return isFresh ? this.#lastRequest : null;
  }

  /** Marks a request as being answered. @returns a function to call when it is over */
  begin(requestId: string): () => void {
    this.#requests.add(requestId);
    this.lastUsed = performance.now();
    return () => {
      this.#requests.delete(requestId);
      this.#lastRequest = requestId;
      this.lastUsed = performance.now();
    };
  }

  /** Resolves when no request is being answered, or after `withinMs`. */
  async drained(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.#requests.size > 0 && !this.hasEnded && performance.now() < until) await wait(DRAIN_POLL_MS);
  }

  /**
   * Notes what it consists of now, and ends it when that takes too much.
   * @param all the processes of this machine
   * @param maxBytes the memory that it may take
   */
  look(all: readonly ProcessFacts[], maxBytes: number): void {
    const { pid } = this.#child;
    if (pid === undefined || this.hasEnded || all.length === 0) return;
    const same = all.filter((one) => this.#family.get(one.pid) === one.started);
    const family = familyOf(pid, new Set(same.map((one) => one.pid)), all);
    this.#family = new Map(family.map((one) => [one.pid, one.started]));
    const bytes = family.reduce((sum, one) => sum + one.bytes, 0);
    if (bytes <= maxBytes || this.#verdict !== null) return;
    this.#verdict = `was ended because it took ${inMb(bytes)} MB of memory; it may take ${inMb(maxBytes)} MB`;
    void endGroup(pid, this.id, 0);
  }

  /** Ends the process and everything it started; resolves when nothing is left. */
  stop(): Promise<void> {
    if (this.#state !== "ended") this.#state = "stopping";
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const pid = this.#child.pid;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      // Once it has ended nobody can tell any more what it had started.
      this.look(await readProcesses(), Number.POSITIVE_INFINITY);
      await endGroup(pid, this.id, this.#surroundings.stopMs);
    }
    await this.#ended;
  }

  #open(address: LoopbackAddress): void {
    const pool = new Pool(originOf(address, this.port), {
      headersTimeout: this.#surroundings.answerMs,
      bodyTimeout: 0,
      connect: { timeout: 5_000 },
    });
    this.#door = { address, pool, origin: new Origin(address, this.port, this.#surroundings.answerMs) };
  }

  #opened(): Door {
    if (this.#door === null) throw new InstanceFailure("silent", "The process accepts no connections yet.");
    return this.#door;
  }

  /** After the leader ended: takes down what it left in its group, and the connections. */
  async #cleanUp(): Promise<void> {
    const pid = this.#child.pid;
    if (pid !== undefined) {
      await endGroup(pid, this.id, Math.min(1_000, this.#surroundings.stopMs));
      this.#surroundings.record.remove(pid);
    }
    for (const [one, started] of this.#family) if (isSameProcess(one, started)) kill(one);
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#door?.origin.close();
    await this.#door?.pool.destroy().catch(() => undefined);
  }

  #listenTo(stream: Readable | null, name: "stdout" | "stderr"): void {
    if (!stream) return;
    void (async () => {
      for await (const text of printedLines(stream)) await this.#surroundings.onLine(name, text);
    })().catch(() => undefined);
  }
}

const inMb = (bytes: number): number => Math.round(bytes / 2 ** 20);

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** The user's own `NODE_OPTIONS` come after those of the command, and do not replace them. */
function merged(
  own: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
  mark: string,
): Record<string, string> {
  const options = [added["NODE_OPTIONS"], own["NODE_OPTIONS"]].filter((one) => one !== undefined).join(" ");
  return {
    ...own,
    ...added,
    ...(options === "" ? {} : { NODE_OPTIONS: options }),
    [INSTANCE_VARIABLE]: mark,
  };
}
