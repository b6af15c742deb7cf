import type { Actor, LedgerEvent } from "../terms/index.js";

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
  /** What it is about, by id: notices of one thread are one conversation, and the newest says how it stands. */
  thread?: string;
  /** How the thing of the thread stands after this notice. Left out: news on the way. */
  status?: NoticeStatus;
  severity?: "critical" | "high" | "medium" | "low";
  /** What the thread is called, where it has a title: one line. */
  title?: string;
  /** For whoever can still be reached: names the channels that could not be. Such a notice goes wherever else it can. */
  avoid?: readonly string[];
  /**
   * The question of a gate that a reader can answer, `who` when the link is for one person; `until` in milliseconds since
   * the epoch. The link is made when the notice is sent, and is never kept.
   */
  approval?: { release: string; of: string; who?: string; until: number };
  /** The page that a reader can acknowledge; the link is made when the notice is sent, and is never kept. */
  page?: string;
};

/** How the thing that notices are about stands: it is open, somebody has it, it is over. */
export type NoticeStatus = "open" | "acknowledged" | "resolved";

/** What came of one try to deliver. */
export type Delivery = { sent: true; because?: string } | { sent: false; retry: boolean; because: string };

/** How one channel of a notice stands. `failed`: another try would not help. */
export type ChannelOutcome = {
  state: "sent" | "waiting" | "failed";
  /** Milliseconds since the epoch. */
  at: number;
  because?: string;
};

/** The channels of a notice that were tried, by name. */
export type Reached = { readonly [channel: string]: ChannelOutcome };

/** A notice and what became of it so far. `superseded`: it came too late, and a newer one says how things stand. */
export type NoticeRecord = Notice & {
  state: "waiting" | "sent" | "dead" | "cancelled" | "superseded";
  /** Tries are counted, and given up, from here: when it was due, or when a person had it tried again. */
  since: number;
  /** Kept through a crash: a channel that has the notice does not get it again. */
  reached: Reached;
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
  /** Writes down how one channel of a notice stands, while the others are still being tried. */
  note(key: string, channel: string, outcome: ChannelOutcome): Promise<void>;
  /**
   * Writes down what came of a try. `nextAt` only for a failure that is tried again; without it a failure is final.
   * @param told Written in the same transaction, if the notice is dead by this: the event and the notice that tell of it.
   */
  settle(
    key: string,
    delivery: Delivery,
    at: number,
    nextAt?: number,
    told?: { events: readonly LedgerEvent[]; notices: readonly Notice[] },
  ): Promise<void>;
  /** Gives taken notices back without a try, for later. */
  defer(keys: readonly string[], nextAt: number): Promise<void>;
  /**
   * Drops what waits and was due before `dueBefore`, where a newer notice of the same thread waits for the same channel
   * and is due as well: the newest says how things stand. Each is told to the ledger as `notice.superseded`.
   * @param now Milliseconds since the epoch. @returns their keys.
   */
  supersede(now: number, dueBefore: number): Promise<string[]>;
  /** Has dead notices tried again from now on. @param keys All of them when left out. @returns those that were dead. */
  retry(keys: readonly string[] | undefined, now: number, actor: Actor): Promise<NoticeRecord[]>;
  /** Cancels what is still waiting for a release, e.g. "deployment complete" after a rollback. @returns their keys. */
  cancel(release: string, keyPrefix: string): Promise<string[]>;
  /** In the order in which they were due; `newest` in the opposite one. */
  list(query: {
    release?: string;
    state?: NoticeRecord["state"];
    newest?: boolean;
    limit: number;
  }): Promise<NoticeRecord[]>;
}
