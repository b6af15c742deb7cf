import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs the raw body of a webhook or drain delivery: lower-case hex HMAC-SHA1. */
export function signDelivery(body: string | Uint8Array, secret: string): string {
  return createHmac("sha1", secret).update(body).digest("hex");
}

/**
 * Says whether a delivery was signed with the secret, in time that does not depend on how wrong it is.
 * @param body The raw bytes as they came, before any parsing.
 * @param signature The header `x-vercel-signature`.
 */
export function isDeliverySigned(
  body: string | Uint8Array,
  signature: string | null | undefined,
  secret: string,
): boolean {
  // An empty secret would let anybody sign.
  if (secret === "" || signature === null || signature === undefined) return false;
  const expected = Buffer.from(signDelivery(body, secret));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
