import type { Clock, LedgerEvent } from "../terms/index.js";
import type { Incident, IncidentRules } from "./model.js";

/** A message about an incident to one channel: a notice of the outbox. */
export type IncidentNotice = {
  key: string;
  service: string;
  environment: string;
  channel: string;
  text: string;
  /** Milliseconds since the epoch. */
  dueAt: number;
  /** The incident's id, where its messages are one conversation among others; left out in its own channel. */
  thread?: string;
  status?: "open" | "acknowledged" | "resolved";
  severity: "critical" | "high" | "medium" | "low";
  title: string;
};

/** What is written together when an incident changes. */
export type IncidentChange = {
  incident: Incident;
  events: readonly LedgerEvent[];
  notices: readonly IncidentNotice[];
};

/** Incidents as they are kept. */
export interface IncidentStore {
  /** Opens an incident with its events and notices. One that is known stays as it is, and is returned. */
  open(opened: IncidentChange): Promise<{ incident: Incident; opened: boolean }>;
  /**
   * Changes an incident as it stands at that moment, in one transaction with the events and the notices of the change.
   * @param how Asked with the incident as it stands; undefined leaves it. What it throws leaves it too.
   * @throws noSuchIncident (ATM-830).
   */
  change(
    id: string,
    how: (standing: Incident) => IncidentChange | undefined,
  ): Promise<{ incident: Incident; changed: boolean }>;
  get(id: string): Promise<Incident | undefined>;
  /** Newest first. `underWay`: only those that still need people; `unclosed`: those that are not closed. */
  list(query: {
    service?: string;
    environment?: string;
    only?: "under way" | "unclosed";
    limit: number;
  }): Promise<Incident[]>;
}

/** What came of making a Slack channel. */
export type ChannelMade =
  | { is: "there"; name: string; id?: string }
  /** `retry`: it may work in a while. */
  | { is: "not there"; retry: boolean; because: string };

/** What the flow of an incident stands on. */
export interface IncidentWorld {
  store(): Promise<IncidentStore>;
  clock: Clock;
  /** The rules as they are now; asked at every step, since incidents live for days and playbooks are mended meanwhile. */
  rules(incident: Incident): Promise<IncidentRules>;
  /**
   * Pages whoever is on call. Safe to call again under the same id.
   * @param id Without the incident's own id, e.g. "opened". @returns The page's id.
   */
  page(incident: Incident, of: { id: string; title: string }): Promise<string>;
  /** Whether a page is still being told to one after the other. */
  isPaging(page: string): Promise<boolean>;
  makeChannel(incident: Incident, signal: AbortSignal): Promise<ChannelMade>;
}
