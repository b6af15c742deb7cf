import { nothingToRestart, restartNotWell } from "./emergency/index.js";
import {
  type ProveWell,
  proveArtefact,
  proveCopy,
  type RedeployProgress,
  type RedeployWorld,
  redeployServing,
} from "./redeploy.js";
import type { ReleaseOutcome } from "./release.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, ReleaseRun, Stop } from "./strategies/run.js";
import { type FlowDefinition, isInterruption, type OperationOrder } from "./terms/index.js";

/** A restart that was asked for, as plain data. */
export type RestartOrder = OperationOrder & { because: string };

/** What a restart needs from outside. */
export interface RestartWorld extends RedeployWorld {
  proveWell: ProveWell;
}

/**
 * Has the artefact that production serves run anew: fresh processes, and variables as they are now. A release of its own
 * kind: it holds the environment, and goes on after a crash. Until the new one is proven well nothing changes for users.
 */
export function restartFlow(
  worldOf: (order: RestartOrder) => Promise<RestartWorld>,
): FlowDefinition<RestartOrder, ReleaseOutcome> {
  return {
    name: "restart",
    version: 1,
    async run(flow, order) {
      const world = await worldOf(order);
      const run = new ReleaseRun(flow, order, world);
      const progress: RedeployProgress = { moving: false, shifted: false };
      let outcome: ReleaseOutcome;
      let from: string | undefined;
      try {
        const { candidate, serving } = await redeployServing(run, progress, {
          nothing: () => nothingToRestart(order).toJSON(),
          prove: (name, candidate) =>
            proveArtefact(run, progress, {
              name,
              candidate,
              problem: (seen) => restartNotWell(seen).toJSON(),
            }),
        });
        from = serving.id;
        outcome = { state: "released", because: `${candidate.id} serves, the artefact of ${from} run anew` };
      } catch (error) {
        if (isInterruption(error)) throw error;
        const problem = problemOf(error, () => unexpectedFailure({ release: order.release }));
        const state = progress.moving ? "unsafe" : error instanceof Stop ? error.state : "failed";
        outcome = { state, because: problem.happened, problem };
      }
      await end(run, progress, outcome, from);
      return outcome;
    },
  };
}

type Run = ReleaseRun<RestartOrder, RestartWorld>;

/** What was proven good before is so as its copy: the one before it is no way back, as it is the same artefact. */
async function end(
  run: Run,
  { shifted, candidate }: RedeployProgress,
  outcome: ReleaseOutcome,
  from: string | undefined,
): Promise<void> {
  const { order, world } = run;
  const { release } = order;
  const endedAt = await run.flow.now();
  await run.flow.step(
    "end",
    async () => {
      if (shifted && candidate !== undefined && from !== undefined)
        await proveCopy(world.releases, order, { candidate, from, at: endedAt });
      await world.releases.change(release, { ...outcome, endedAt }, [
        ...(shifted && candidate !== undefined && from !== undefined
          ? [run.event("restart.verified", "restart/verified", { to: candidate.id, from }, endedAt)]
          : []),
        run.endedEvent(outcome, endedAt),
      ]);
    },
    { attempts: 5 },
  );
}
