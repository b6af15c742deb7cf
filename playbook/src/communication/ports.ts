import type { LedgerEvent } from "../terms/index.js";

/** A message to people, written down before it is sent. */
export type Notice = {
  /** Stable key, e.g. "rel_01…/notice/T-15/2"; the same notice put twice is one notice. */
  key: string;
  service: string;
  environment: string;
  release?: string;
  /** The channel as the playbook names it, e.g. "#atoms-deployments". */
  channel: string;
  text: string;
  /** Not sent before this time, in milliseconds since the epoch. */
  dueAt: number;
};

/** What came of one try to deliver. */
export type Delivery = { sent: true } | { sent: false; retry: boolean; because: string };

/** A notice and what became of it so far. */
export type NoticeRecord = Notice & {
  state: "waiting" | "sent" | "dead" | "cancelled";
  /** Tries so far. */
  tries: number;
  /** When it is tried next, in milliseconds since the epoch. */
  nextAt: number;
  because?: string;
  sentAt?: number;
};

/** Notices are kept until they are delivered, given up on, or cancelled; nothing is sent that is not written here. */
export interface Outbox {
  /** Writes notices and the events that tell of them, in one transaction. Known keys are left as they are. */
  put(notices: readonly Notice[], events: readonly LedgerEvent[]): Promise<void>;
  /**
   * Takes notices that are due, for `leaseMs`, oldest first; another worker does not get them meanwhile.
   * @param now Milliseconds since the epoch.
   */
  take(now: number, limit: number, leaseMs: number): Promise<NoticeRecord[]>;
  /** Writes down what came of a try. `nextAt` only for a failure that is tried again; without it a failure is final. */
  settle(key: string, delivery: Delivery, at: number, nextAt?: number): Promise<void>;
  /** Cancels what is still waiting for a release, e.g. "deployment complete" after a rollback. @returns their keys. */
  cancel(release: string, keyPrefix: string): Promise<string[]>;
  list(query: { release?: string; state?: NoticeRecord["state"]; limit: number }): Promise<NoticeRecord[]>;
}
