import { createHash, randomBytes } from "node:crypto";
import { canonicalJson } from "@atoms/store";
import { z } from "zod";
import type { Caller } from "../access/index.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { planTokenRefused } from "../problems.js";
import { type LinkKind, readLink, signLink } from "../signed-links/index.js";
import type { AgentTool } from "./tools.js";

/** How long a plan may be thought about, in milliseconds. */
export const planLifeMs = 5 * 60_000;

const claim = z.object({
  /** The credential that it was made for. */
  caller: z.string(),
  tool: z.string(),
  /** Digest of the arguments. */
  asked: z.string(),
  /** Digest of what stood when it was made. */
  standing: z.string(),
  /** Makes it this plan and no other: it counts once. */
  nonce: z.string(),
  /** Milliseconds since the epoch. */
  until: z.number(),
});

const plans: LinkKind<z.infer<typeof claim>> = {
  purpose: "agent-plan",
  claim,
  tooOld: "its time is over; a plan counts for five minutes",
};

/** What one act is, as far as a plan is bound to it. */
export type PlannedAct = {
  caller: Caller;
  tool: AgentTool;
  /** The arguments as they were understood, defaults filled in. */
  input: Readonly<Record<string, unknown>>;
  /** What stands now, by `AgentTool.acts.standing`. */
  standing: string;
};

/** Makes the token of a plan: for this caller, this tool, these arguments and what stands now, once, for five minutes. */
export async function planToken(
  plane: ControlPlane,
  act: PlannedAct,
): Promise<{ token: string; until: number }> {
  const until = plane.clock.now() + planLifeMs;
  const secret = await linkSecret(plane.places, plane.env);
  const nonce = randomBytes(16).toString("base64url");
  return { token: signLink(plans, secret, { ...boundTo(act), nonce, until }), until };
}

/**
 * Spends the token of a plan. That it was spent is in the ledger before anything is done, so that of two at the same time
 * one is refused.
 * @throws ATM-949
 */
export async function spendPlan(
  plane: ControlPlane,
  own: PlaybookRef,
  act: PlannedAct,
  token: string,
): Promise<void> {
  const refused = (because: string) => planTokenRefused({ tool: act.tool.name, because });
  const read = readLink(plans, await linkSecret(plane.places, plane.env), token, plane.clock.now());
  if ("refused" in read) throw refused(read.refused);
  const wanted = boundTo(act);
  if (read.caller !== wanted.caller) throw refused("it was made for somebody else");
  if (read.tool !== wanted.tool) throw refused(`it was made for ${read.tool}`);
  if (read.asked !== wanted.asked) throw refused("it was made for other arguments");
  if (read.standing !== wanted.standing)
    throw refused(`what was planned upon has changed: now ${act.standing}`);
  const { service, environment } = await plane.open(own);
  // Whoever wrote the entry that stands is the one whose try this was.
  const mine = randomBytes(8).toString("hex");
  const { ledger } = await plane.store();
  const [spent] = await ledger.append([
    {
      key: `plan/${read.nonce}`,
      kind: "plan.spent",
      at: plane.clock.now(),
      actor: act.caller.actor,
      service,
      environment,
      // Its arguments may hold a secret, such as a variable of a deployment: the act's own entries tell what may be told.
      data: { tool: act.tool.name, standing: act.standing, attempt: mine },
    },
  ]);
  if (spent?.data["attempt"] !== mine) throw refused("it has been used already");
}

const boundTo = ({ caller, tool, input, standing }: PlannedAct) => ({
  caller: `${caller.kind} ${caller.id ?? ""}`,
  tool: tool.name,
  asked: digest(input),
  standing: digest(standing),
});

/** The same arguments in another order are the same arguments. */
const digest = (value: unknown): string =>
  createHash("sha256").update(canonicalJson(value)).digest("base64url");
