import { setTimeout as wait } from "node:timers/promises";
import { WaitingLine } from "../folder/waiting-line.js";

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;
const CLOSING_MS = 2_000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** How a drain's records are kept and sent. */
export interface DrainQueueSettings {
  /** Where what waits is kept over a restart. */
  readonly folder: string;
  /** Sends one batch. @returns null when it was taken, else why not */
  readonly send: (batch: readonly string[], signal: AbortSignal) => Promise<string | null>;
  /** A batch goes out this long after its first record. */
  readonly batchMs: number;
  readonly batchSize: number;
  /** More waiting records than this, or more of their bytes, are dropped, the oldest first. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

/**
 * Records on their way to one receiver: in order, in batches, each batch sent until it is taken. What waits is on the
 * disk, and goes on waiting in the next process.
 */
export class DrainQueue {
  readonly #waiting: WaitingLine;
  #working: Promise<void> | null = null;
  #stop = new AbortController();
  #closing = false;
  lastFailure: string | null = null;

  constructor(private readonly settings: DrainQueueSettings) {
    const bounds = { entries: settings.maxWaiting, bytes: settings.maxWaitingBytes };
    this.#waiting = WaitingLine.open(settings.folder, bounds);
    if (this.#waiting.length > 0) this.#begin();
  }

  /** Records that were dropped because the receiver was too slow or away for too long. */
  get dropped(): number {
    return this.#waiting.dropped;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a record: one line of text. */
  add(record: string): void {
    this.#waiting.add(record);
    this.#begin();
  }

  /** Sends what is waiting, for at most two seconds; the rest is kept for the next process. */
  async close(): Promise<void> {
    this.#closing = true;
    const timer = setTimeout(() => this.#stop.abort(), CLOSING_MS);
    await this.#working;
    clearTimeout(timer);
    this.#waiting.close();
  }

  /** Forgets what is waiting, on the disk too. */
  async remove(): Promise<void> {
    this.#stop.abort();
    await this.#working;
    this.#waiting.remove();
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    const { batchMs, batchSize, send } = this.settings;
    let delay = RETRY_FIRST_MS;
    while (this.#waiting.length > 0 && !signal.aborted) {
      if (this.#waiting.length < batchSize && !this.#closing) await this.#pause(batchMs);
      if (signal.aborted) return;
      const { from, entries } = this.#waiting.front(batchSize, BATCH_BYTES);
      const failure = await send(entries, signal);
      if (signal.aborted && failure !== null) return;
      this.lastFailure = failure;
      if (failure === null) {
        this.#waiting.taken(from + entries.length);
        delay = RETRY_FIRST_MS;
      } else {
        await this.#pause(delay);
        delay = Math.min(RETRY_MAX_MS, delay * 2);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}
