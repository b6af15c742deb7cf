import type { Deployment, Platform, Proven } from "../terms/index.js";
import type { WayBackState } from "./ports.js";

/** Marks of proof older than these are not asked after: each costs a call to the platform. */
const provenLookedAt = 5;

/**
 * Finds out where traffic could be sent back to: what production serves, and the newest proven deployment that the
 * platform still has ready.
 * @param proven Reads the deployments proven good, newest proof first.
 * @throws What the platform throws.
 */
export async function findWayBack(
  platform: Platform,
  proven: () => Promise<readonly Proven[]>,
  signal?: AbortSignal,
): Promise<WayBackState> {
  const [production, rollout, marks] = await Promise.all([
    platform.production(signal),
    platform.rollout(signal),
    proven(),
  ]);
  const current = production.deployment;
  const found = await firstReady(platform, marks.slice(0, provenLookedAt), current, signal);
  return {
    ...(current === undefined ? {} : { current }),
    ...(found === undefined ? {} : { proven: found }),
    ...(rollout?.state === "active" ? { shifting: { to: rollout.candidate, share: rollout.share } } : {}),
    ...(production.moving === undefined ? {} : { moving: production.moving }),
  };
}

async function firstReady(
  platform: Platform,
  marks: readonly Proven[],
  current: Deployment | undefined,
  signal: AbortSignal | undefined,
): Promise<Deployment | undefined> {
  for (const mark of marks) {
    const deployment =
      mark.deployment === current?.id ? current : await platform.deployment(mark.deployment, signal);
    if (deployment?.state === "ready") return deployment;
  }
  return undefined;
}
