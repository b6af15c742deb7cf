/** Why a call came to nothing, as data. */
export interface VercelFailure {
  /** HTTP status; 0 when no answer came. */
  status: number;
  /**
   * The platform's own code (`missing_files`, `rate_limited` …), `http_<status>` when it gave none, or one of
   * `unreachable`, `cut`, `timed_out`, `not_understood` for what happened on the way.
   */
  code: string;
  /** One plain sentence; never holds the token. */
  message: string;
  /** Whether asking again later may succeed. */
  retryable: boolean;
  /** True when the platform may have done what it was asked although no good answer came; always false for reads. */
  actMayHaveHappened: boolean;
  /** Milliseconds the platform asked to wait. */
  retryAfterMs?: number;
  /** With `missing_files`: SHA-1 digests to upload. */
  missing?: string[];
  /** The platform said that the token itself is no good, not only for this resource. */
  tokenRefused?: boolean;
}

/** The one error the client throws, apart from the caller's own abort reason. */
export class VercelError extends Error implements VercelFailure {
  override readonly name = "VercelError";
  readonly status: number;
  readonly code: string;
  readonly retryable: boolean;
  readonly actMayHaveHappened: boolean;
  readonly retryAfterMs?: number;
  readonly missing?: string[];
  readonly tokenRefused: boolean;

  constructor(failure: VercelFailure) {
    super(failure.message);
    this.status = failure.status;
    this.code = failure.code;
    this.retryable = failure.retryable;
    this.actMayHaveHappened = failure.actMayHaveHappened;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
    if (failure.missing !== undefined) this.missing = failure.missing;
    this.tokenRefused = failure.tokenRefused ?? false;
  }
}

/** Whether an error is the platform saying, in its own form, that there is no such thing. */
export function isAbsent(error: unknown): boolean {
  return error instanceof VercelError && (error.status === 404 || error.status === 410);
}
