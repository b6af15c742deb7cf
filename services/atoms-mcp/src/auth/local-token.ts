import { SignJWT } from "jose";
import type { LocalKey } from "./keys.js";

/** Seconds a local token lives unless asked otherwise, and at most. */
export const DEFAULT_TTL = 300;
export const MAX_TTL = 86_400;
export const DEFAULT_SCOPE = "openid profile email";

/** What to put into a token of the local identity. */
export interface LocalTokenRequest {
  /** A plain name such as `alice`. */
  user: string;
  issuer: string;
  audience: string;
  scope?: string | undefined;
  /** Seconds, at most a day. */
  ttl?: number | undefined;
  clientId?: string | undefined;
  /** Wall clock, milliseconds. */
  now: number;
}

/** Names the local identity signs in: letters, digits, dot, dash, underscore. */
export const LOCAL_USER = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The subject of a local user, shaped like a WorkOS one. */
export function localSubject(user: string): string {
  return `user_local_${user}`;
}

/** Mints one access token of the local identity. */
export function mintLocalToken(key: LocalKey, request: LocalTokenRequest): Promise<string> {
  const issuedAt = Math.floor(request.now / 1000);
  const ttl = Math.min(request.ttl ?? DEFAULT_TTL, MAX_TTL);
  return new SignJWT({
    email: `${request.user}@local.test`,
    name: request.user,
    scope: request.scope ?? DEFAULT_SCOPE,
    client_id: request.clientId ?? "atoms-cli",
  })
    .setProtectedHeader({ alg: "EdDSA", kid: key.kid, typ: "at+jwt" })
    .setIssuer(request.issuer)
    .setAudience(request.audience)
    .setSubject(localSubject(request.user))
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttl)
    .sign(key.privateKey);
}
