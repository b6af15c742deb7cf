/** One request to a service under watch. */
export type HttpRequest = {
  url: string;
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  headers?: Record<string, string>;
  body?: string;
  /** Milliseconds for the whole exchange, connecting and reading included. */
  timeoutMs: number;
};

/** Parts of an exchange in milliseconds, by a monotonic clock; each only where it was gone through. */
export type HttpTimings = {
  /** Finding the address of the name. */
  dnsMs?: number;
  /** Connecting to it. */
  connectMs?: number;
  /** Agreeing on a secure connection. */
  tlsMs?: number;
  /** From the request's being sent to the first byte of the answer. */
  firstByteMs?: number;
};

/** What came of it. A failure to answer is data, not an exception: it counts as a failure of the service. */
export type HttpResult =
  | {
      answered: true;
      status: number;
      /** Names in lower case; several values joined by ", ". */
      headers: Record<string, string>;
      /** At most the first 1 MiB, as UTF-8. */
      body: string;
      /** Whole exchange in milliseconds, by a monotonic clock. */
      ms: number;
      /** Until the first byte of the answer. */
      firstByteMs: number;
      /** Given by a client that takes the exchange apart. */
      timings?: HttpTimings;
    }
  | {
      answered: false;
      why: "time-out" | "refused" | "cut" | "name not found" | "tls" | "cancelled" | "other";
      /** One plain sentence. */
      message: string;
      ms: number;
      timings?: HttpTimings;
    };

/** Sends requests. Redirects are not followed: a redirect is an answer. Never throws for what the other side does. */
export interface Http {
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpResult>;
}
