import { proveServing, whatWasSeen } from "../rollback/index.js";
import type { Candidate } from "./ports.js";
import { productionMoved, shiftNotProven } from "./problems.js";
import { type ReleaseRun, Stop } from "./run.js";

/** @throws Stop when production no longer serves what it served when the release began: somebody else has moved it. */
export async function productionIsAsRemembered(
  run: ReleaseRun,
  candidate: Candidate,
  previous: Candidate | undefined,
): Promise<void> {
  const now = await run.act(
    "read production before the shift",
    "reading production",
    async (signal) => {
      const production = await run.world.platform.production(signal);
      return { serves: production.deployment?.id ?? null };
    },
    { attempts: 5 },
  );
  if (now.serves === (previous?.id ?? null) || now.serves === candidate.id) return;
  const facts = { was: previous?.id ?? "nothing", is: now.serves ?? "nothing" };
  throw new Stop("failed", productionMoved(facts).toJSON());
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
