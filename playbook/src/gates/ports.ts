import type { Clock, Http, Ledger, Production } from "../terms/index.js";

/** An incident that still needs people. */
export type OpenIncident = { id: string; severity: "P1" | "P2" | "P3" | "P4"; title: string };

/** What gates read of the world; they change nothing in it. */
export interface GatePorts {
  ledger: Ledger;
  http: Http;
  clock: Clock;
  /** HMAC-SHA-256 of the text in lower-case hex. */
  sign(secret: string, text: string): string;
  /** What production is; undefined when there is no platform to ask yet. */
  production(signal?: AbortSignal): Promise<Production | undefined>;
  /** Incidents of this service and environment that still need people, newest first. */
  openIncidents(): Promise<OpenIncident[]>;
  /** Who brought production back to a deployment through Atoms at about this time, if it was Atoms. */
  rollbackOf(deployment: string, at: number): Promise<{ by: string; byHand: boolean } | undefined>;
}
