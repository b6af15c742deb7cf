import type { PGlite } from "@electric-sql/pglite";

/** Messages after which the server answers in full: Query, Sync, FunctionCall, CopyDone, CopyFail, and Flush. */
const ends = new Set(["Q", "S", "F", "c", "f", "H"].map((letter) => letter.charCodeAt(0)));

interface Turn {
  handler: number;
  work: () => Promise<number>;
  resolve: (bytes: number) => void;
  reject: (error: unknown) => void;
}

/** The number of no connection. */
const nobody = -1;

/**
 * Gives the one session of PGlite to several connections, one whole exchange at a time, and one whole transaction at
 * a time. The queue that comes with pglite-socket takes turns between single messages, so that the Parse of one
 * connection may be bound by another, and stops for ever after an error; this one stands in its place.
 */
export class QueryQueue {
  readonly #db: PGlite;
  readonly #turns: Turn[] = [];
  readonly #unfinished = new Map<number, Uint8Array[]>();
  #running = false;
  /** The connection whose transaction is open. */
  #owner: number | undefined;

  constructor(db: PGlite) {
    this.#db = db;
  }

  /** Takes one message of a connection. It is run when the exchange it belongs to is complete. */
  enqueue(handler: number, message: Uint8Array, onData: (data: Uint8Array) => void): Promise<number> {
    const messages = [...(this.#unfinished.get(handler) ?? []), message];
    const first = message[0] ?? 0;
    // A startup packet has no letter: it begins with its length, whose first byte is 0.
    if (first !== 0 && !ends.has(first)) {
      this.#unfinished.set(handler, messages);
      return Promise.resolve(0);
    }
    this.#unfinished.delete(handler);
    return this.#queue(handler, async () => {
      let bytes = 0;
      await this.#db.runExclusive(() =>
        this.#db.execProtocolRawStream(joined(messages), {
          onRawData: (data) => {
            bytes += data.length;
            onData(data);
          },
        }),
      );
      return bytes;
    });
  }

  /** Does something while no connection is served and no transaction is open. */
  async between(work: () => Promise<void>): Promise<void> {
    await this.#queue(nobody, async () => {
      await work();
      return 0;
    });
  }

  #queue(handler: number, work: () => Promise<number>): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#turns.push({ handler, work, resolve, reject });
      void this.#run();
    });
  }

  getQueueLength(): number {
    return this.#turns.length;
  }

  clearQueueForHandler(handler: number): void {
    this.#unfinished.delete(handler);
    for (let i = this.#turns.length - 1; i >= 0; i--)
      if (this.#turns[i]?.handler === handler)
        this.#turns.splice(i, 1)[0]?.reject(new Error("the connection was closed"));
  }

  /** A connection that goes away in a transaction takes its transaction with it. */
  async clearTransactionIfNeeded(handler: number): Promise<void> {
    if (this.#owner !== handler) return;
    await this.#db.exec("ROLLBACK").catch(() => undefined);
    this.#owner = undefined;
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let turn = this.#next(); turn !== undefined; turn = this.#next()) await this.#take(turn);
    this.#running = false;
  }

  #next(): Turn | undefined {
    const owner = this.#owner;
    const place = owner === undefined ? 0 : this.#turns.findIndex((one) => one.handler === owner);
    return place < 0 ? undefined : this.#turns.splice(place, 1)[0];
  }

  async #take({ handler, work, resolve, reject }: Turn): Promise<void> {
    await work().then(resolve, reject);
    this.#owner = this.#db.isInTransaction() ? handler : undefined;
  }
}

function joined(messages: readonly Uint8Array[]): Uint8Array {
  const [only] = messages;
  return messages.length === 1 && only !== undefined ? only : new Uint8Array(Buffer.concat(messages));
}
