/** Who sent a request, as the token says. `sub` stays inside the service; tools speak of profiles. */
export interface Identity {
  readonly sub: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** The class of a refusal; it is also the label of `auth_failures_total`. */
export type RefusalReason =
  | "missing"
  | "malformed"
  | "signature"
  | "issuer"
  | "audience"
  | "expired"
  | "revoked"
  | "subject"
  | "insufficient_scope"
  | "closed";

/** The token does not open the door. The text names the class of failure, never a claim's value. */
export class TokenRefused extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The issuer's keys have never been fetched and cannot be now. */
export class KeysUnavailable extends Error {}
