import { setTimeout as wait } from "node:timers/promises";

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;
const CLOSING_MS = 2_000;

/** How a drain's records are kept and sent. */
export interface DrainQueueSettings<T> {
  /** Sends one batch. @returns null when it was taken, else why not */
  readonly send: (batch: readonly T[]) => Promise<string | null>;
  /** A batch goes out this long after its first record. */
  readonly batchMs: number;
  readonly batchSize: number;
  /** More waiting records than this are dropped, the oldest first. */
  readonly maxWaiting: number;
}

/** Records on their way to one receiver: in order, in batches, each batch sent until it is taken. */
export class DrainQueue<T> {
  #waiting: T[] = [];
  #working: Promise<void> | null = null;
  #stop = new AbortController();
  #closing = false;
  /** Records that were dropped because the receiver was too slow or away for too long. */
  dropped = 0;
  lastFailure: string | null = null;

  constructor(private readonly settings: DrainQueueSettings<T>) {}

  add(record: T): void {
    this.#waiting.push(record);
    if (this.#waiting.length > this.settings.maxWaiting) {
      this.dropped += this.#waiting.splice(0, this.#waiting.length - this.settings.maxWaiting).length;
    }
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** Sends what is waiting, for at most two seconds, then gives up. */
  async close(): Promise<void> {
    this.#closing = true;
    const timer = setTimeout(() => this.#stop.abort(), CLOSING_MS);
    await this.#working;
    clearTimeout(timer);
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    const { batchMs, batchSize, send } = this.settings;
    while (this.#waiting.length > 0 && !signal.aborted) {
      if (this.#waiting.length < batchSize && !this.#closing) await this.#pause(batchMs);
      const batch = this.#waiting.splice(0, batchSize);
      let delay = RETRY_FIRST_MS;
      while (!signal.aborted) {
        this.lastFailure = await send(batch);
        if (this.lastFailure === null) break;
        await this.#pause(delay);
        delay = Math.min(RETRY_MAX_MS, delay * 2);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}
