import type { Fault, FaultScope } from "../config/faults.js";
import type { Runtime } from "../runtime.js";
import { exactShare } from "./share.js";

/** What an injected fault asks the request pipeline to do. */
export type Injection = { do: "fail" } | { do: "hang" } | undefined;

type Kind = Fault["kind"];
type Of<K extends Kind> = Extract<Fault, { kind: K }>;

/** Which part of the service a route belongs to, as far as faults are concerned. */
export type FaultArea = "mcp" | "auth" | "health" | "other";

const HANG_MS = 60_000;
const EXIT_INJECTED = 70;

/**
 * The faults asked for by `ATOMS_FAULT`, with their counters. Without clauses every question is answered "no".
 * @param clauses the parsed clauses
 * @param delayMs milliseconds during which everything but `crash` and `slow_start` sleeps
 * @param runtime clock, sleep and exit
 * @param count told the kind of every fault that fires
 */
export class Faults {
  readonly #clauses: readonly Fault[];
  readonly #armedAt: number;
  readonly #runtime: Runtime;
  readonly #count: (kind: Kind) => void;
  readonly #shares = new Map<Fault, () => boolean>();
  #crashRequests = 0;

  constructor(clauses: readonly Fault[], delayMs: number, runtime: Runtime, count: (kind: Kind) => void) {
    this.#clauses = clauses;
    this.#runtime = runtime;
    this.#armedAt = runtime.elapsed() + delayMs;
    this.#count = count;
    for (const fault of clauses) if ("share" in fault) this.#shares.set(fault, exactShare(fault.share));
  }

  /** Whether anything is injected at all; said once in the start-up log. */
  get enabled(): boolean {
    return this.#clauses.length > 0;
  }

  /** The first armed clause of a kind, or undefined. */
  find<K extends Kind>(kind: K): Of<K> | undefined {
    if (this.#runtime.elapsed() < this.#armedAt) return undefined;
    return this.#clauses.find((fault): fault is Of<K> => fault.kind === kind);
  }

  /** Like `find`, and counts the firing. */
  fire<K extends Kind>(kind: K, accept: (fault: Of<K>) => boolean = () => true): Of<K> | undefined {
    const fault = this.find(kind);
    if (!fault || !accept(fault)) return undefined;
    this.#count(kind);
    return fault;
  }

  /** Counts a request towards `crash:after=…req`; happens before authentication. */
  countTowardsCrash(area: FaultArea): void {
    for (const fault of this.#clauses) {
      if (fault.kind !== "crash" || fault.after === "start" || !("requests" in fault.after)) continue;
      if (!covers(fault.scope, area)) continue;
      this.#crashRequests += 1;
      if (this.#crashRequests >= fault.after.requests) this.#runtime.exit(EXIT_INJECTED);
    }
  }

  /**
   * Applies the share and latency clauses of one request, in the order written.
   * @returns what else to do with the request
   */
  async onRequest(area: FaultArea, signal: AbortSignal): Promise<Injection> {
    if (!this.enabled || this.#runtime.elapsed() < this.#armedAt) return undefined;
    for (const fault of this.#clauses) {
      if (fault.kind !== "error_rate" && fault.kind !== "latency" && fault.kind !== "hang") continue;
      if (!covers(fault.scope, area) || this.#shares.get(fault)?.() !== true) continue;
      this.#count(fault.kind);
      if (fault.kind === "error_rate") return { do: "fail" };
      await this.#runtime.sleep(fault.kind === "hang" ? HANG_MS : fault.ms, signal);
      if (fault.kind === "hang") return { do: "hang" };
    }
    return undefined;
  }

  /** Whether this tool call is to fail with `server_error`. */
  failsToolCall(): boolean {
    const fault = this.find("tool_error_rate");
    if (!fault || this.#shares.get(fault)?.() !== true) return false;
    this.#count("tool_error_rate");
    return true;
  }

  /** Slows or fails the store. */
  async onQuery(): Promise<"down" | undefined> {
    const fault = this.fire("db");
    if (!fault) return undefined;
    if (fault.down) return "down";
    await this.#runtime.sleep(fault.ms);
    return undefined;
  }
}

function covers(scope: FaultScope, area: FaultArea): boolean {
  return scope === "all" || scope === area;
}
