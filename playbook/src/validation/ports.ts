import type { Clock, Finding, Http } from "../terms/index.js";

/** What validation needs from outside. */
export interface ValidationPorts {
  http: Http;
  clock: Clock;
  /**
   * The token for authenticated requests: `bearer.value`, or what `bearer.command` printed, trimmed; undefined when
   * neither is set. Asked once per run.
   * @throws bearerFailed (ATM-403).
   */
  bearerToken(): Promise<string | undefined>;
  /** Ends the run early; what is under way rejects with its reason. */
  signal: AbortSignal;
}

/** Told of each finding when it is there, for live progress. */
export type OnFinding = (finding: Finding) => Promise<void> | void;
