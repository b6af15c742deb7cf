import {
  type Actor,
  answerQuestion,
  answersTo,
  approvalLinkRefused,
  commandSignal,
  type Notice,
  openQuestion,
  type Question,
  type Release,
} from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { readLink, signLink } from "../signed-links/index.js";
import { approvalLinks, type LinkClaim, newNonce, nonceOf } from "./link.js";

/** Lets a release look for the answer that was written down. */
export async function wake(plane: ControlPlane, release: string): Promise<void> {
  await (await plane.engine()).signal(release, commandSignal, { do: "look" });
}

/**
 * An address by which a question can be answered once.
 * @throws ATM-526 when people can reach this control plane at no address.
 */
export async function approvalLink(
  plane: ControlPlane,
  claim: Omit<LinkClaim, "nonce">,
  nonce = newNonce(),
): Promise<string> {
  const base = plane.publicUrl();
  if (base === undefined)
    throw approvalLinkRefused({
      because: "this control plane has no address: run `atoms up`, or set ATOMS_PUBLIC_URL",
    });
  const secret = await linkSecret(plane.places, plane.env);
  return `${base}/approve/${signLink(approvalLinks, secret, { ...claim, nonce })}`;
}

/** The notice with its link, if it has one; what is kept in the outbox has none. */
export async function withApprovalLink<N extends Notice>(plane: ControlPlane, notice: N): Promise<N> {
  if (notice.approval === undefined || plane.publicUrl() === undefined) return notice;
  const link = await approvalLink(plane, notice.approval, nonceOf(notice.key));
  return { ...notice, text: `${notice.text} Or by this link, once: ${link}` };
}

/** What a link is about, and whether it can still be answered. */
export type LinkSight = {
  claim: LinkClaim;
  release: Release;
  /** Undefined when nothing is asked any more, or something else is. */
  question: Question | undefined;
  approvedBy: string[];
  /** Who used the link, if somebody did. */
  usedBy: string | undefined;
};

/** Reads a link; changes nothing. @throws ATM-526 when it was not made here, or its time is over. */
export async function seeLink(plane: ControlPlane, token: string): Promise<LinkSight> {
  const claim = readLink(approvalLinks, await linkSecret(plane.places, plane.env), token, plane.clock.now());
  if ("refused" in claim) throw approvalLinkRefused({ because: claim.refused });
  const { releases, ledger } = await plane.store();
  const release = await releases.get(claim.release);
  if (release === undefined) throw approvalLinkRefused({ because: "there is no such release" });
  const asked = await openQuestion(ledger, release);
  const [answers, used] = await Promise.all([
    answersTo(ledger, release.id, claim),
    ledger.read({ release: release.id, kind: "approval.link-used", last: true, limit: 1_000 }),
  ]);
  return {
    claim,
    release,
    question: asked?.of === claim.of ? asked : undefined,
    approvedBy: answers.yes.map(({ by }) => by),
    usedBy: used.find(({ key }) => key === keyOf(claim))?.actor.name,
  };
}

const keyOf = ({ release, nonce }: LinkClaim) => `${release}/link/${nonce}`;

/**
 * Answers by a link. It counts once: who used it first, and for what, is in the ledger before the answer is, so that of
 * two at the same time one is refused, and whoever died between the two can press again.
 * @param typed The name that was typed, for a link that is for nobody in particular.
 * @throws ATM-525, ATM-526.
 */
export async function useLink(
  plane: ControlPlane,
  token: string,
  reply: { yes: boolean; because: string | undefined; typed: string | undefined },
): Promise<LinkSight> {
  const { claim, release, question } = await seeLink(plane, token);
  if (question === undefined)
    throw approvalLinkRefused({ because: `${release.id} does not ask this any more (${claim.of})` });
  const name = claim.who ?? reply.typed;
  if (name === undefined)
    throw approvalLinkRefused({ because: "a name is needed: it is kept in the ledger" });
  const actor: Actor = { kind: "person", name, via: "api" };
  const { ledger } = await plane.store();
  const at = plane.clock.now();
  const { id, service, environment } = release;
  const answer = reply.yes ? "approve" : "refuse";
  const [spent] = await ledger.append([
    {
      key: keyOf(claim),
      kind: "approval.link-used",
      at,
      actor,
      service,
      environment,
      release: id,
      data: { of: claim.of, answer },
    },
  ]);
  if (spent === undefined || spent.actor.name !== name || spent.data["answer"] !== answer)
    throw approvalLinkRefused({ because: `${spent?.actor.name ?? "somebody"} has used it already` });
  const identity = claim.who === undefined ? "typed on the page of a link" : "the link was theirs";
  const { yes, because } = reply;
  const given = { yes, because, via: "link", identity } as const;
  await answerQuestion({ ledger, clock: plane.clock }, release, question, given, actor);
  await wake(plane, id);
  return seeLink(plane, token);
}
