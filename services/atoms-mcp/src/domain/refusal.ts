/** Why a tool did not do what it was asked; the contract's `error_type`. */
export type ErrorType =
  | "validation_error"
  | "not_found"
  | "ambiguous"
  | "permission_denied"
  | "conflict"
  | "rate_limited"
  | "unavailable"
  | "server_error";

/** The contract's `code`, finer than the type. */
export type ErrorCode =
  | "VALIDATION_ERROR"
  | "INVALID_REFERENCE"
  | "NOT_FOUND"
  | "AMBIGUOUS"
  | "PERMISSION_DENIED"
  | "DUPLICATE_ENTRY"
  | "VERSION_CONFLICT"
  | "HAS_CHILDREN"
  | "LAST_OWNER"
  | "RATE_LIMITED"
  | "DATABASE_UNAVAILABLE"
  | "TIMEOUT"
  | "INTERNAL_SERVER_ERROR";

const TYPE_OF: Record<ErrorCode, ErrorType> = {
  VALIDATION_ERROR: "validation_error",
  INVALID_REFERENCE: "validation_error",
  NOT_FOUND: "not_found",
  AMBIGUOUS: "ambiguous",
  PERMISSION_DENIED: "permission_denied",
  DUPLICATE_ENTRY: "conflict",
  VERSION_CONFLICT: "conflict",
  HAS_CHILDREN: "conflict",
  LAST_OWNER: "conflict",
  RATE_LIMITED: "rate_limited",
  DATABASE_UNAVAILABLE: "unavailable",
  TIMEOUT: "unavailable",
  INTERNAL_SERVER_ERROR: "server_error",
};

/** One argument that is wrong, and how. */
export interface FieldIssue {
  field: string;
  issue: string;
}

/** A record whose name is like the one asked for. */
export interface Suggestion {
  id: string;
  name: string;
  score: number;
}

/** A tool says no. The message is written for the caller; it holds nothing the caller may not see. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly more: { details?: FieldIssue[]; suggestions?: Suggestion[]; retry_after?: number };

  constructor(code: ErrorCode, message: string, more: Refusal["more"] = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }

  get type(): ErrorType {
    return TYPE_OF[this.code];
  }
}

/** An argument is missing or wrong. */
export function invalid(field: string, issue: string): Refusal {
  return new Refusal(
    "VALIDATION_ERROR",
    issue === "required" ? `${field} is required` : `${field}: ${issue}`,
    {
      details: [{ field, issue }],
    },
  );
}

/** A record that does not exist, or that the caller may not see: the two look alike. */
export function notFound(what: string, suggestions?: Suggestion[]): Refusal {
  return new Refusal(
    "NOT_FOUND",
    `No such ${what}, or you cannot see it`,
    suggestions === undefined || suggestions.length === 0 ? {} : { suggestions },
  );
}

/** The record is visible, but the caller's role does not allow this. */
export function denied(what: string): Refusal {
  return new Refusal("PERMISSION_DENIED", `Your role does not allow you to ${what}`);
}

/** Another record the arguments point at does not exist, or cannot be seen. */
export function badReference(field: string): Refusal {
  return new Refusal(
    "INVALID_REFERENCE",
    `${field} points to a record that does not exist or that you cannot see`,
    {
      details: [{ field, issue: "not found" }],
    },
  );
}
