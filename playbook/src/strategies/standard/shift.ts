import type { Candidate } from "../ports.js";
import { moveTraffic, productionIsAsRemembered, proveEveryHost } from "../production.js";
import type { ReleaseRun } from "../run.js";

/**
 * Moves all traffic to the candidate at once and proves it on every production host.
 * @param previous What production served when the release began.
 * @param onMoving Told just before traffic may move; from then on a failure means going back.
 * @throws Stop when somebody else moved production meanwhile, or when a host does not take the candidate in time.
 */
export async function shiftAll(
  run: ReleaseRun,
  candidate: Candidate,
  previous: Candidate | undefined,
  onMoving: () => void,
): Promise<string[]> {
  const { platform } = run.world;
  await productionIsAsRemembered(run, candidate, previous);
  await run.change("write down the intent to shift", {}, () => [
    run.event("traffic.shifting", "traffic/shifting", {
      to: candidate.id,
      from: previous?.id ?? null,
      split: 1,
    }),
  ]);
  onMoving();
  await moveTraffic(run, candidate, {
    name: "promote",
    doing: `pointing production at ${candidate.id}`,
    act: (signal) => platform.promote(candidate.id, signal),
  });
  return proveEveryHost(run, candidate);
}
