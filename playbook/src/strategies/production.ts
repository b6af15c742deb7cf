import { proveServing, whatWasSeen } from "../rollback/index.js";
import { isInterruption, type Platform } from "../terms/index.js";
import type { Candidate } from "./ports.js";
import { productionMoved, shiftNotProven, shiftOfOthers } from "./problems.js";
import { problemOf, type ReleaseRun, Stop } from "./run.js";

/**
 * @throws Stop when production no longer serves what it served when the release began, because somebody else has moved
 *   it, and when somebody else's staged shift is under way: going on, and going back too, would end that.
 */
export async function productionIsAsRemembered(
  run: ReleaseRun,
  candidate: Candidate,
  previous: Candidate | undefined,
): Promise<void> {
  const now = await run.act(
    "read production before the shift",
    "reading production",
    async (signal) => {
      const { platform } = run.world;
      const [production, theirs] = await Promise.all([
        platform.production(signal),
        rolloutOfOthers(platform, candidate, signal),
      ]);
      return { serves: production.deployment?.id ?? null, theirs: theirs ?? null };
    },
    { attempts: 5 },
  );
  if (now.theirs !== null) throw new Stop("failed", shiftOfOthers(now.theirs).toJSON(), true);
  if (now.serves === (previous?.id ?? null) || now.serves === candidate.id) return;
  const facts = { was: previous?.id ?? "nothing", is: now.serves ?? "nothing" };
  throw new Stop("failed", productionMoved(facts).toJSON());
}

/**
 * Carries out an act of the platform that moves traffic.
 * @throws Stop that leaves traffic as it is when the act failed because somebody else's staged shift began meanwhile.
 */
export async function moveTraffic(
  run: ReleaseRun,
  candidate: Candidate,
  { name, doing, act }: { name: string; doing: string; act: (signal: AbortSignal) => Promise<void> },
): Promise<void> {
  const done = await run.act(
    name,
    doing,
    async (signal) => {
      try {
        await act(signal);
        return { inTheWay: null };
      } catch (error) {
        if (isInterruption(error)) throw error;
        const theirs = await rolloutOfOthers(run.world.platform, candidate, signal).catch(() => undefined);
        if (theirs === undefined) throw error;
        return { inTheWay: problemOf(error, () => shiftOfOthers(theirs)) };
      }
    },
    { timeoutMs: 60_000, attempts: 4 },
  );
  // An act that was written down before this was looked for has nothing in the way.
  if (done?.inTheWay) throw new Stop("failed", done.inTheWay, true);
}

/** The staged shift that is under way to another deployment than this release's, if there is one. */
async function rolloutOfOthers(
  platform: Platform,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<{ to: string; share: number } | undefined> {
  const rollout = await platform.rollout(signal);
  if (rollout?.state !== "active" || rollout.candidate === candidate.id) return undefined;
  return { to: rollout.candidate, share: rollout.share };
}

/**
 * Waits until every production host serves the candidate, and writes the proof down.
 * @returns The hosts.
 * @throws Stop when a host does not take it before the phase's deadline.
 */
export async function proveEveryHost(run: ReleaseRun, candidate: Candidate): Promise<string[]> {
  const { world, order } = run;
  const { path, answers } = world.settings.rollback.proof;
  const left = run.until - (await run.flow.now());
  const proof = await run.act(
    "prove every host",
    "waiting until every production host serves it",
    async (signal) => {
      const { hosts } = await world.platform.production(signal);
      return proveServing(
        {
          hosts,
          deployment: candidate.id,
          path,
          answers,
          headers: world.platform.passHeaders(),
          timeoutMs: Math.min(180_000, Math.max(5_000, left - 5_000)),
          settled: async () => {
            const production = await world.platform.production(signal);
            return production.moving === undefined && production.deployment?.id === candidate.id;
          },
        },
        world,
        signal,
      );
    },
    { attempts: 3 },
  );
  if (!proof.proven) {
    throw new Stop("failed", shiftNotProven({ to: candidate.id, last: whatWasSeen(proof) }).toJSON());
  }
  const hosts = proof.hosts.map(({ host, saw, named }) => ({ host, saw, named }));
  await run.change("write down the shift", { split: 1 }, () => [
    run.event("traffic.shifted", "traffic/shifted", {
      to: candidate.id,
      split: 1,
      ms: proof.ms,
      hosts,
      version: order.version,
    }),
  ]);
  return proof.hosts.map((h) => h.host);
}
