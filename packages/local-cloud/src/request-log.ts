import { setImmediate } from "node:timers/promises";
import { BoundedLog } from "./folder/bounded-log.js";
import type { RequestRecord } from "./model.js";
import { RecentLines } from "./recent-lines.js";
import { idOfLine, requestLine } from "./request-line.js";

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
  readonly #recent = new RecentLines(RECENT);
  readonly #minutes = new Map<number, Map<string, Map<number, Counted>>>();
  readonly #listeners = new Set<(record: RequestRecord) => void>();

  private constructor(path: string, maxBytes: number) {
    this.#log = new BoundedLog(path, maxBytes);
  }

  static async open(path: string, maxBytes: number): Promise<RequestLog> {
    const log = new RequestLog(path, maxBytes);
    const kept = await log.#log.read();
    for (const record of kept) log.#count(record);
    for (const record of kept.slice(-RECENT)) log.#recent.add(JSON.stringify(record), record.at);
    return log;
  }

  add(record: RequestRecord): void {
    const line = requestLine(record);
    this.#recent.add(line, record.at);
    this.#log.appendLine(line);
    this.#count(record);
    for (const listener of this.#listeners) listener(record);
  }

  /** Calls `listener` for every later request. @returns a function that ends it */
  subscribe(listener: (record: RequestRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Requests that pass `test`, newest first. Traffic goes on while they are looked for.
   * @param from only those that began then or later, in ms since 1970
   * @param to only those that began then or earlier
   * @param most so many are enough
   */
  async newest(
    test: (record: RequestRecord) => boolean,
    {
      from = Number.NEGATIVE_INFINITY,
      to = Number.POSITIVE_INFINITY,
      most = Number.POSITIVE_INFINITY,
    }: { from?: number; to?: number; most?: number } = {},
  ): Promise<RequestRecord[]> {
    const found: RequestRecord[] = [];
    for (const lines of this.#recent.newest(from, to)) {
      for (const line of lines) {
        const record = JSON.parse(line) as RequestRecord;
        if (record.at < from || record.at > to || !test(record)) continue;
        found.push(record);
        if (found.length >= most) return found;
      }
      await setImmediate();
    }
    return found;
  }

  /** The requests with these ids, as far as they are still at hand. Traffic goes on while they are looked for. */
  async named(ids: ReadonlySet<string>): Promise<Map<string, RequestRecord>> {
    const found = new Map<string, RequestRecord>();
    for (const lines of this.#recent.newest()) {
      if (found.size === ids.size) break;
      for (const line of lines) {
        if (!ids.has(idOfLine(line))) continue;
        const record = JSON.parse(line) as RequestRecord;
        found.set(record.id, record);
      }
      await setImmediate();
    }
    return found;
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
