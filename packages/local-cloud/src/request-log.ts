import { BoundedLog } from "./folder/bounded-log.js";
import type { RequestRecord } from "./model.js";
import { requestLine } from "./request-line.js";

const RECENT = 20_000;

/** So long is told how many requests there were, in whole minutes: more than any question of a canary goes back. */
const TALLIED_MS = 24 * 3_600_000;
const MINUTE = 60_000;

/** How many requests of a deployment got this status in the minute that began at `at`. */
export interface RequestTally {
  readonly at: number;
  readonly projectId: string;
  readonly deploymentId: string;
  readonly status: number;
  readonly requests: number;
}

type Counted = RequestTally & { requests: number };

/** Requests that the edge answered: the newest 20,000 at hand, and in bounded files for the next start. */
export class RequestLog {
  readonly #log: BoundedLog<RequestRecord>;
  #recent: RequestRecord[] = [];
  readonly #minutes = new Map<number, Map<string, Map<number, Counted>>>();
  readonly #listeners = new Set<(record: RequestRecord) => void>();

  private constructor(path: string, maxBytes: number) {
    this.#log = new BoundedLog(path, maxBytes, requestLine);
  }

  static async open(path: string, maxBytes: number): Promise<RequestLog> {
    const log = new RequestLog(path, maxBytes);
    const kept = await log.#log.read();
    for (const record of kept) log.#count(record);
    log.#recent = kept.slice(-RECENT);
    return log;
  }

  add(record: RequestRecord): void {
    this.#log.append(record);
    this.#recent.push(record);
    this.#count(record);
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

  /** Counts of all requests, also of those that are no longer at hand one by one. */
  tallies(): RequestTally[] {
    return [...this.#minutes.values()].flatMap((minute) =>
      [...minute.values()].flatMap((byStatus) => [...byStatus.values()]),
    );
  }

  #count({ at, projectId, deploymentId, status }: RequestRecord): void {
    const begun = Math.floor(at / MINUTE) * MINUTE;
    let minute = this.#minutes.get(begun);
    if (minute === undefined) {
      minute = new Map();
      this.#minutes.set(begun, minute);
      for (const old of this.#minutes.keys()) if (old < begun - TALLIED_MS) this.#minutes.delete(old);
    }
    let byStatus = minute.get(deploymentId);
    if (byStatus === undefined) {
      byStatus = new Map();
      minute.set(deploymentId, byStatus);
    }
    const tally = byStatus.get(status);
    if (tally === undefined)
      byStatus.set(status, { at: begun, projectId, deploymentId, status, requests: 1 });
    else tally.requests++;
  }

  flush(): Promise<void> {
    return this.#log.flush();
  }
}
