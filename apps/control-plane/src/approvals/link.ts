import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import type { LinkKind } from "../signed-links/index.js";

const claim = z.object({
  release: z.string(),
  /** The question, e.g. "shift", "step 2". */
  of: z.string(),
  /** The approver it is for; undefined when whoever has it may answer. */
  who: z.string().optional(),
  /** Makes it this link and no other: it counts once. */
  nonce: z.string(),
  /** Milliseconds since the epoch. */
  until: z.number(),
});

/** What a link says: which question of which release, for whom, and until when. */
export type LinkClaim = z.infer<typeof claim>;

/** A link that answers a question of a release, once. */
export const approvalLinks: LinkKind<LinkClaim> = {
  purpose: "approve",
  claim,
  tooOld: "its time is over",
};

/** The nonce of the link in one message: a message that is sent again carries the same link. */
export const nonceOf = (noticeKey: string): string =>
  createHmac("sha256", "notice").update(noticeKey).digest("base64url").slice(0, 22);

/** The nonce of a link that somebody asked for. */
export const newNonce = (): string => randomBytes(16).toString("base64url");
