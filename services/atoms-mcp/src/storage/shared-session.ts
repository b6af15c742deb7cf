import type { PGlite } from "@electric-sql/pglite";

/** Messages after which Postgres answers in full: Query, Sync, FunctionCall, CopyDone, CopyFail and Flush. */
const ENDS = new Set([..."QSFcfH"].map((letter) => letter.charCodeAt(0)));

interface Exchange {
  connection: number;
  messages: readonly Uint8Array[];
  onData: (data: Uint8Array) => void;
  resolve: (bytes: number) => void;
  reject: (error: Error) => void;
}

/**
 * Shares the one session of the embedded Postgres between connections: a whole exchange at a time, and while a
 * connection has a transaction open, its exchanges alone. The queue that comes with pglite-socket takes turns between
 * single messages, so that what one connection has parsed may be bound by another: seen on a busy machine as queries
 * refused for their neighbour's parameters, and as one request in thirty that waits until another connection closes.
 */
export class SharedSession {
  readonly #db: PGlite;
  readonly #begun = new Map<number, Uint8Array[]>();
  #waiting: Exchange[] = [];
  #serving = false;
  #inTransaction: number | undefined;

  constructor(db: PGlite) {
    this.#db = db;
  }

  /**
   * Takes one message of a connection. It waits until the exchange that it belongs to is complete, then for its turn.
   * @returns bytes that were answered.
   */
  enqueue(connection: number, message: Uint8Array, onData: (data: Uint8Array) => void): Promise<number> {
    const messages = [...(this.#begun.get(connection) ?? []), message];
    const kind = message[0] ?? 0;
    // The very first message has no letter; it begins with its length, whose first byte is 0.
    if (kind !== 0 && !ENDS.has(kind)) {
      this.#begun.set(connection, messages);
      return Promise.resolve(0);
    }
    this.#begun.delete(connection);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ connection, messages, onData, resolve, reject });
      void this.#serve();
    });
  }

  getQueueLength(): number {
    return this.#waiting.length;
  }

  clearQueueForHandler(connection: number): void {
    this.#begun.delete(connection);
    const [its, others] = [
      this.#of(connection),
      this.#waiting.filter((one) => one.connection !== connection),
    ];
    this.#waiting = others;
    for (const one of its) one.reject(new Error("the connection was closed"));
  }

  /** A connection that goes away takes its open transaction with it. */
  async clearTransactionIfNeeded(connection: number): Promise<void> {
    if (this.#inTransaction !== connection) return;
    await this.#db.exec("rollback").catch(() => undefined);
    this.#inTransaction = undefined;
    void this.#serve();
  }

  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    for (let one = this.#next(); one !== undefined; one = this.#next()) {
      await this.#answer(one).then(one.resolve, one.reject);
      this.#inTransaction = this.#db.isInTransaction() ? one.connection : undefined;
    }
    this.#serving = false;
  }

  #next(): Exchange | undefined {
    const owner = this.#inTransaction;
    const next = owner === undefined ? this.#waiting[0] : this.#of(owner)[0];
    this.#waiting = this.#waiting.filter((one) => one !== next);
    return next;
  }

  async #answer({ messages, onData }: Exchange): Promise<number> {
    let bytes = 0;
    await this.#db.runExclusive(() =>
      this.#db.execProtocolRawStream(new Uint8Array(Buffer.concat(messages)), {
        onRawData: (data) => {
          bytes += data.length;
          onData(data);
        },
      }),
    );
    return bytes;
  }

  #of(connection: number): Exchange[] {
    return this.#waiting.filter((one) => one.connection === connection);
  }
}
