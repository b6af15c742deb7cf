import type { LedgerEvent } from "../terms/index.js";
import type { Alert, AlertSeverity, AlertState, Silence } from "./model.js";

/** A message about alerts to one channel: a notice of the outbox. */
export type AlertNotice = {
  key: string;
  service: string;
  environment: string;
  channel: string;
  text: string;
  /** Milliseconds since the epoch. */
  dueAt: number;
  /** The alert it is about: all messages of it are one conversation. A reminder is none. */
  thread?: string;
  status?: "open" | "resolved";
  severity: AlertSeverity;
  title: string;
};

/** What one evaluation, or one person, changes: all of it stands, or nothing does. */
export type AlertChange = {
  /** `version` is the new one; the kept one must be the one before, and a new alert is of version 1. */
  alerts: readonly Alert[];
  silences: readonly Silence[];
  notices: readonly AlertNotice[];
  events: readonly LedgerEvent[];
};

/** Alerts and silences as they are kept. */
export interface AlertStore {
  /** Those of an environment that are pending or firing, of whose end people are still to hear, or that have work due. */
  open(service: string, environment: string): Promise<Alert[]>;
  get(id: string): Promise<Alert | undefined>;
  /** Newest first. */
  list(query: {
    service?: string;
    environment?: string;
    state?: AlertState;
    limit: number;
  }): Promise<Alert[]>;
  /**
   * Writes alerts, silences, notices and events in one transaction. Alerts that passed without firing are dropped; the
   * ledger tells of them.
   * @throws AlertMoved when somebody else has changed an alert meanwhile; nothing is written then.
   */
  commit(change: AlertChange): Promise<void>;
  /** Silences that were not ended, in the order of their ends. */
  silences(service: string, environment: string): Promise<Silence[]>;
  /** Grows with every change of a silence: who keeps them at hand asks this first. */
  silencesMark(): Promise<number>;
  /** Every silence, newest end first. */
  pastSilences(query: { service: string; environment: string; limit: number }): Promise<Silence[]>;
  getSilence(id: string): Promise<Silence | undefined>;
  /** Writes down that the rules of an environment were evaluated; never goes back. Milliseconds since the epoch. */
  evaluated(service: string, environment: string, at: number): Promise<void>;
  /** When the rules of an environment were evaluated last, by whichever control plane. */
  lastEvaluated(service: string, environment: string): Promise<number | undefined>;
}

/** Somebody else has changed an alert between reading and writing: read again, decide again. */
export class AlertMoved extends Error {
  override readonly name = "AlertMoved";
  constructor(readonly alert: string) {
    super(`${alert} was changed meanwhile`);
  }
}

/** Says whether an error is `AlertMoved`, also across module borders. */
export const isAlertMoved = (error: unknown): error is AlertMoved =>
  error instanceof Error && error.name === "AlertMoved";

/** Whether an alert has to be looked at again: see `AlertStore.open`. */
export const isOpen = (alert: Alert): boolean =>
  alert.state === "pending" ||
  alert.state === "firing" ||
  alert.due.length > 0 ||
  (alert.state === "resolved" && alert.toldState === "firing");
