import { proveServing, whatWasSeen } from "../../rollback/index.js";
import type { Candidate } from "../ports.js";
import { productionMoved, shiftNotProven } from "../problems.js";
import { type ReleaseRun, Stop } from "../run.js";

/**
 * Moves all traffic to the candidate at once and proves it on every production host.
 * @param previous The deployment that production served when the release began.
 * @param onMoving Told just before traffic may move; from then on a failure means rolling back.
 * @throws Stop when somebody else moved production meanwhile, or when a host does not take the candidate in time.
 */
export async function shiftAll(
  run: ReleaseRun,
  candidate: Candidate,
  previous: string | undefined,
  onMoving: () => void,
): Promise<string[]> {
  const { world, order } = run;
  const now = await run.act(
    "read production before the shift",
    "reading production",
    async (signal) => {
      const production = await world.platform.production(signal);
      return { serves: production.deployment?.id ?? null };
    },
    { attempts: 5 },
  );
  if (now.serves !== (previous ?? null) && now.serves !== candidate.id) {
    throw new Stop(
      "failed",
      productionMoved({ was: previous ?? "nothing", is: now.serves ?? "nothing" }).toJSON(),
    );
  }

  await run.change("write down the intent to shift", {}, () => [
    run.event("traffic.shifting", "traffic/shifting", { to: candidate.id, from: previous ?? null, split: 1 }),
  ]);
  onMoving();
  await run.act(
    "promote",
    `pointing production at ${candidate.id}`,
    (signal) => world.platform.promote(candidate.id, signal),
    {
      timeoutMs: 60_000,
      attempts: 4,
    },
  );

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
          timeoutMs: Math.max(5_000, left - 5_000),
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
