import { BoundedLog } from "./folder/bounded-log.js";
import type { RequestRecord } from "./model.js";

/** Every request that the edge answered, the newest kept in bounded files. */
export class RequestLog {
  readonly #log: BoundedLog<RequestRecord>;
  readonly #listeners = new Set<(record: RequestRecord) => void>();

  constructor(path: string, maxBytes: number) {
    this.#log = new BoundedLog(path, maxBytes);
  }

  add(record: RequestRecord): void {
    this.#log.append(record);
    for (const listener of this.#listeners) listener(record);
  }

  /** Calls `listener` for every later request. @returns a function that ends it */
  subscribe(listener: (record: RequestRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Kept requests that pass `test`, newest first. */
  async newest(test: (record: RequestRecord) => boolean): Promise<RequestRecord[]> {
    return (await this.#log.read()).filter(test).reverse();
  }

  flush(): Promise<void> {
    return this.#log.flush();
  }
}
