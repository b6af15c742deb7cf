import { compactVerify, decodeProtectedHeader, errors } from "jose";
import { type Identity, type RefusalReason, TokenRefused } from "./identity.js";
import type { KeySource } from "./keys.js";

/** What a token must say. */
export interface TokenRules {
  readonly issuer: string;
  /** The resource this server is; must be in the token's audience. */
  readonly audience: string;
  /** Unix seconds; tokens issued earlier are refused. */
  readonly notBefore: number;
  readonly requiredScopes: readonly string[];
}

const LEEWAY_SECONDS = 30;
const refuse = (reason: RefusalReason, text: string) => new TokenRefused(reason, text);

/**
 * Takes the token out of an Authorization header.
 * @throws TokenRefused when it is missing or not one bearer token
 */
export function bearerToken(header: string | null | undefined): string {
  if (header === null || header === undefined || header.trim() === "") {
    throw refuse("missing", "The access token is missing");
  }
  const match = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header.trim());
  if (match?.[1] === undefined) throw refuse("malformed", "The Authorization header is malformed");
  return match[1];
}

/**
 * Checks one token; the first failure wins.
 * @param token a compact JWT
 * @param nowMs wall clock, milliseconds
 * @returns who the caller is
 * @throws TokenRefused or, when the issuer's keys cannot be had, KeysUnavailable
 */
export async function verifyToken(
  token: string,
  keys: KeySource,
  rules: TokenRules,
  nowMs: number,
): Promise<Identity> {
  const claims = await signedClaims(token, keys);
  if (claims["iss"] !== rules.issuer) throw refuse("issuer", "The access token is from another issuer");
  const audience = Array.isArray(claims["aud"]) ? claims["aud"] : [claims["aud"]];
  if (!audience.includes(rules.audience))
    throw refuse("audience", "The access token is for another audience");
  const expiresAt = checkTimes(claims, rules, nowMs / 1000);
  const sub = claims["sub"];
  if (typeof sub !== "string" || sub === "" || sub.length > 128) {
    throw refuse("subject", "The access token has no usable subject");
  }
  const scopes = typeof claims["scope"] === "string" ? claims["scope"].split(/\s+/) : [];
  if (!rules.requiredScopes.every((scope) => scopes.includes(scope))) {
    throw refuse("insufficient_scope", "The access token lacks a required scope");
  }
  return {
    sub,
    email: text(claims["email"]),
    name: text(claims["name"]),
    clientId: text(claims["client_id"]) ?? "unknown",
    scopes,
    expiresAt,
  };
}

async function signedClaims(token: string, keys: KeySource): Promise<Record<string, unknown>> {
  let kid: string | undefined;
  try {
    const header = decodeProtectedHeader(token);
    if (header.alg !== keys.algorithm) throw refuse("malformed", "The access token is malformed");
    kid = header.kid;
  } catch (error) {
    if (error instanceof TokenRefused) throw error;
    throw refuse("malformed", "The access token is malformed");
  }
  const key = await keys.find(kid);
  if (!key) throw refuse("signature", "The access token's signature is not valid");
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [keys.algorithm] });
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof claims === "object" && claims !== null) return claims as Record<string, unknown>;
  } catch (error) {
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWSInvalid)) {
      throw refuse("signature", "The access token's signature is not valid");
    }
  }
  throw refuse("malformed", "The access token is malformed");
}

function checkTimes(claims: Record<string, unknown>, rules: TokenRules, now: number): number {
  const { exp, nbf, iat } = claims;
  if (typeof exp !== "number" || now >= exp + LEEWAY_SECONDS)
    throw refuse("expired", "The access token has expired");
  if (nbf !== undefined && (typeof nbf !== "number" || now < nbf - LEEWAY_SECONDS)) {
    throw refuse("expired", "The access token is not valid yet");
  }
  if (typeof iat !== "number") throw refuse("malformed", "The access token is malformed");
  if (iat < rules.notBefore) throw refuse("revoked", "The access token has been revoked");
  return exp;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
