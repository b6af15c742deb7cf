import type { NoticeRecord } from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { type LinkKind, signLink } from "../signed-links/index.js";

const claim = z.object({ page: z.string(), sentTo: z.string(), until: z.number() });

/** A link that acknowledges a page, for whoever it was sent to. */
export const pageLinks: LinkKind<z.infer<typeof claim>> = {
  purpose: "acknowledge",
  claim,
  tooOld: "it is older than a day",
};

/** A link is good for a day; the page it belongs to is over long before. */
const lifeMs = 24 * 3_600_000;

/** Where a reader of this notice acknowledges its page; undefined when it is about none, or nobody could reach it. */
export async function pageLink(
  plane: Pick<ControlPlane, "places" | "env" | "clock" | "publicUrl">,
  { page, channel }: NoticeRecord,
): Promise<string | undefined> {
  const base = plane.publicUrl();
  if (page === undefined || base === undefined) return undefined;
  const secret = await linkSecret(plane.places, plane.env);
  return `${base}/ack/${signLink(pageLinks, secret, { page, sentTo: channel, until: plane.clock.now() + lifeMs })}`;
}
