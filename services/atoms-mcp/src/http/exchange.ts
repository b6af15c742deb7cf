import type { Identity } from "../auth/identity.js";

/** What becomes known about one request on its way through the server; the log line is written from it. */
export interface Exchange {
  readonly requestId: string;
  readonly clientIp: string;
  /** The request carries the monitors' secret. */
  readonly probe: boolean;
  /** The route's pattern, never the raw path. */
  readonly route: string;
  /** Monotonic milliseconds at arrival. */
  readonly startedAt: number;
  identity?: Identity;
  /** Profile id of the caller. */
  userId?: string;
  tool?: string;
  operation?: string;
  errorType?: string;
  toolCalls: number;
  /** Tool results that count as errors of the server. */
  toolErrors: number;
  /** A 503 of maintenance mode is no error. */
  maintenance: boolean;
  /** A subscription stream, whose length is no latency. */
  endless: boolean;
}
