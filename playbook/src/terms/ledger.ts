import type { Actor } from "./actor.js";
import type { Json } from "./flow.js";

/** One event to be written down. */
export type LedgerEvent = {
  /**
   * Stable key of the event, unique in the ledger, e.g. "rel_01…/phase/deploy/started". A step that runs twice writes
   * the event once.
   */
  key: string;
  /** What happened, dotted: "release.started", "phase.finished", "traffic.shifted", "rollback.verified". */
  kind: string;
  /** When, in milliseconds since the epoch, by the clock of whoever acted. */
  at: number;
  actor: Actor;
  service: string;
  environment: string;
  /** The release it belongs to, if any. */
  release?: string;
  /** The numbers and names that led to it. No secrets. */
  data: { [key: string]: Json | undefined };
};

/** An event as it stands in the ledger, chained to the one before by its hash. */
export type LedgerEntry = LedgerEvent & {
  /** Place in the chain, from 1, without gaps. */
  seq: number;
  /** SHA-256 in hex over the previous hash and this event's canonical JSON. */
  hash: string;
  /** Hash of entry `seq - 1`; 64 zeros for the first. */
  previous: string;
};

/** What a check of the chain found. */
export type LedgerCheck =
  | { intact: true; entries: number; head: string }
  | { intact: false; entries: number; brokenAt: number; because: string };

/** The append-only record of everything that happened and why. */
export interface Ledger {
  /** Appends events in order, in one transaction. An event whose key is known is skipped; the standing entry is returned. */
  append(events: readonly LedgerEvent[]): Promise<LedgerEntry[]>;
  /** Reads entries in order. `after`: only those with a greater seq. `limit` default 500. `last`: the newest `limit` entries instead of the oldest. */
  read(query: {
    after?: number;
    release?: string;
    environment?: string;
    kind?: string;
    limit?: number;
    last?: boolean;
  }): Promise<LedgerEntry[]>;
  /** Walks the whole chain and recomputes every hash. */
  verify(): Promise<LedgerCheck>;
}
