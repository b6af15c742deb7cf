import { createHmac, timingSafeEqual } from "node:crypto";
import type { z } from "zod";

/** What a kind of link may do, how its claim is written, and what is said when its time is over. */
export type LinkKind<Claim extends { until: number }> = {
  /** Keeps a link of one kind from counting as one of another, e.g. "approve". */
  purpose: string;
  claim: z.ZodType<Claim>;
  tooOld: string;
};

const signatureOf = (secret: string, purpose: string, body: string) =>
  createHmac("sha256", secret).update(`${purpose}.${body}`).digest("base64url");

/** Writes a claim as the last part of an address. */
export function signLink<Claim extends { until: number }>(
  { purpose }: LinkKind<Claim>,
  secret: string,
  claim: Claim,
): string {
  const body = Buffer.from(JSON.stringify(claim)).toString("base64url");
  return `${body}.${signatureOf(secret, purpose, body)}`;
}

/** Reads what `signLink` wrote. @param now Milliseconds since the epoch. @returns The claim, or why it does not count. */
export function readLink<Claim extends { until: number }>(
  { purpose, claim, tooOld }: LinkKind<Claim>,
  secret: string,
  token: string,
  now: number,
): Claim | { refused: string } {
  const [body = "", signature = "", ...more] = token.split(".");
  const given = Buffer.from(signature);
  const wanted = Buffer.from(signatureOf(secret, purpose, body));
  if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return { refused: "it was not made here, or was cut short" };
  // The signature is ours, but perhaps of a version of Atoms that wrote another claim.
  const read = claim.safeParse(JSON.parse(Buffer.from(body, "base64url").toString()));
  if (!read.success) return { refused: "it was made by another version of Atoms" };
  return now > read.data.until ? { refused: tooOld } : read.data;
}
