import { BoundedLog } from "./folder/bounded-log.js";
import type { RequestRecord } from "./model.js";

const RECENT = 20_000;

/** Requests that the edge answered: the newest 20,000 at hand, and in bounded files for the next start. */
export class RequestLog {
  readonly #log: BoundedLog<RequestRecord>;
  #recent: RequestRecord[] = [];
  readonly #listeners = new Set<(record: RequestRecord) => void>();

  private constructor(path: string, maxBytes: number) {
    this.#log = new BoundedLog(path, maxBytes);
  }

  static async open(path: string, maxBytes: number): Promise<RequestLog> {
    const log = new RequestLog(path, maxBytes);
    log.#recent = (await log.#log.read()).slice(-RECENT);
    return log;
  }

  add(record: RequestRecord): void {
    this.#log.append(record);
    this.#recent.push(record);
    // Cutting now and then is cheaper than moving the whole list for each request.
    if (this.#recent.length > RECENT * 1.25) this.#recent = this.#recent.slice(-RECENT);
    for (const listener of this.#listeners) listener(record);
  }

  /** Calls `listener` for every later request. @returns a function that ends it */
  subscribe(listener: (record: RequestRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Requests that pass `test`, newest first. */
  newest(test: (record: RequestRecord) => boolean): RequestRecord[] {
    return this.#recent.filter(test).reverse();
  }

  flush(): Promise<void> {
    return this.#log.flush();
  }
}
