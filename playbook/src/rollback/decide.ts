import type { Deployment, Proven } from "../terms/index.js";

/** What is known when a way back is looked for. */
export type WayBackFacts = {
  /** What production serves now, as the platform says. */
  serving: string | undefined;
  /** What it served before the release that is taken back, if that is known and another. */
  before: Deployment | undefined;
  /** Deployments proven good, newest proof first. */
  proven: readonly Proven[];
  /** Those the platform still has, by id. */
  known: ReadonlyMap<string, Deployment>;
};

/** Where a rollback leads, or why nowhere. */
export type WayBack = { to: Deployment } | { none: string };

/**
 * Chooses the way back. A release that is taken back gives users what they had before it. Otherwise it is the
 * deployment proven good last, other than the one being left, that the platform still holds ready. "The one before" in
 * the platform's list is not used: nobody knows whether it was any good, or whether it ever served.
 */
export function wayBack(facts: WayBackFacts): WayBack {
  if (facts.before?.state === "ready") return { to: facts.before };
  const passedOver: string[] = [];
  for (const proof of facts.proven) {
    if (proof.deployment === facts.serving) continue;
    const deployment = facts.known.get(proof.deployment);
    if (deployment?.state === "ready") return { to: deployment };
    passedOver.push(`${proof.deployment} is ${deployment?.state ?? "gone"}`);
  }
  return {
    none:
      passedOver.length === 0
        ? "no other deployment was ever proven good"
        : `none of those proven good can take traffic: ${passedOver.join(", ")}`,
  };
}
