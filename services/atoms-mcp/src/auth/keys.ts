import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";
import { type CryptoKey, importJWK, type JWK } from "jose";
import type { Runtime } from "../runtime.js";
import { KeysUnavailable } from "./identity.js";

/** A key that a token's signature may be checked with. */
export type VerifyingKey = CryptoKey | KeyObject | Uint8Array;

/** Where the verifier finds keys. */
export interface KeySource {
  /** The signature algorithm this source's issuer uses. */
  readonly algorithm: "RS256" | "EdDSA";
  /**
   * The key of that id, or undefined when the issuer has none.
   * @throws KeysUnavailable when no key has ever been fetched and none can be
   */
  find(kid: string | undefined): Promise<VerifyingKey | undefined>;
  /** Seconds since the keys were last fetched; undefined when they never were. Fetches when that is due. */
  ageSeconds(): Promise<number | undefined>;
}

/** The key pair of the local identity: derived from the secret, so equal on every instance and after a restart. */
export interface LocalKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
}

/** A secret of 32 bytes derived for one purpose. */
export function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "atoms-mcp", purpose, 32));
}

/** Derives the Ed25519 key pair of the local identity. */
export function deriveLocalKey(secret: string): LocalKey {
  // RFC 8410: the fixed PKCS #8 wrapping of an Ed25519 seed.
  const header = Buffer.from("302e020100300506032b657004220420", "hex");
  const der = Buffer.concat([header, derive(secret, "local identity signing key")]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const members = { crv: "Ed25519", kty: "OKP", x: x ?? "" };
  // RFC 7638: the hash over the required members in alphabetical order.
  const kid = createHash("sha256").update(JSON.stringify(members)).digest("base64url");
  return { kid, privateKey, publicJwk: { ...members, kid, alg: "EdDSA", use: "sig" } };
}

/** The local identity's key, used directly. */
export function localKeySource(key: LocalKey): KeySource {
  const publicKey = createPublicKey(key.privateKey);
  return {
    algorithm: "EdDSA",
    find: async (kid) => (kid === key.kid ? publicKey : undefined),
    ageSeconds: async () => 0,
  };
}

const FETCH_TIMEOUT_MS = 5000;
const FRESH_MS = 600_000;
const UNKNOWN_KID_PAUSE_MS = 30_000;

/**
 * The keys of a remote issuer: cached ten minutes, refetched for an unknown id at most once in 30 s; a failed refetch
 * keeps the old set.
 * @param url the JWKS address
 */
export function remoteKeySource(url: string, runtime: Runtime): KeySource {
  let keys: Map<string, VerifyingKey> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  const fetchNow = async () => {
    triedAt = runtime.elapsed();
    const answer = await runtime.fetch(url, {
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      redirect: "error",
    });
    if (!answer.ok) throw new Error(`keys answered ${answer.status}`);
    const body = (await answer.json()) as { keys?: unknown };
    const found = new Map<string, VerifyingKey>();
    for (const jwk of Array.isArray(body.keys) ? (body.keys as JWK[]) : []) {
      if (jwk.kty !== "RSA" || jwk.kid === undefined || (jwk.use !== undefined && jwk.use !== "sig"))
        continue;
      found.set(jwk.kid, await importJWK(jwk, "RS256"));
    }
    if (found.size === 0) throw new Error("no usable signing key");
    keys = found;
    fetchedAt = runtime.elapsed();
  };
  const refresh = () => {
    running ??= fetchNow().finally(() => {
      running = undefined;
    });
    return running.catch(() => undefined);
  };
  const freshen = async () => {
    const due = runtime.elapsed() - fetchedAt > FRESH_MS;
    // Without any key every request may try again after a second; with an old set, after 30.
    const pause = keys ? UNKNOWN_KID_PAUSE_MS : 1000;
    if (due && (running || runtime.elapsed() - triedAt >= pause)) await refresh();
  };
  return {
    algorithm: "RS256",
    async find(kid) {
      await freshen();
      if (!keys) throw new KeysUnavailable("the signing keys cannot be fetched");
      if (kid === undefined) return undefined;
      if (!keys.has(kid) && runtime.elapsed() - triedAt >= UNKNOWN_KID_PAUSE_MS) await refresh();
      return keys.get(kid);
    },
    async ageSeconds() {
      await freshen();
      return keys ? Math.round((runtime.elapsed() - fetchedAt) / 1000) : undefined;
    },
  };
}
