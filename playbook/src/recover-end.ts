import { tellOfRecovery } from "./recover-tell.js";
import {
  type DatabaseMove,
  figuresOfRecovery,
  figureWords,
  leftToDo,
  type RecoveryOrder,
  type RecoveryOutcome,
  type RecoveryWorld,
  type RestoreOutcome,
  spanWords,
  withStanding,
} from "./recovery/index.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, type ReleaseRun, Stop } from "./strategies/run.js";

/** A recovery on its way. */
export type RecoveryRun = ReleaseRun<RecoveryOrder, RecoveryWorld>;

/** How far a recovery has come: what its end is told from. */
export type RecoveryProgress = {
  moves: DatabaseMove[];
  /** One sentence each, in their order. */
  done: string[];
  restored: (RestoreOutcome & { restored: true; database: string })[];
  /** The service's variables were pointed at other databases. */
  switched: boolean;
  /** Traffic may have moved. */
  moving: boolean;
  shifted: boolean;
  candidate?: { id: string; address: string };
};

const command = "atoms recover database_failure";

/** What a recovery that was stopped comes to: what was done, what was not, and how to go on. */
export function stoppedRecovery(
  error: unknown,
  order: RecoveryOrder,
  progress: RecoveryProgress,
): RecoveryOutcome {
  const { moves, done, restored, switched, shifted, moving } = progress;
  const refused = error instanceof Stop && error.leaveTraffic;
  const problem = withStanding(
    problemOf(error, () => unexpectedFailure({ release: order.release })),
    {
      done,
      left: refused
        ? []
        : leftToDo(moves, { restored: restored.map(({ database }) => database), switched, shifted }),
      command,
    },
  );
  const state = moving ? "unsafe" : error instanceof Stop ? error.state : "failed";
  return { state, because: problem.happened, problem };
}

/** Writes down how it ended, what it took and what is left to people, and tells them. */
export async function endRecovery(
  run: RecoveryRun,
  progress: RecoveryProgress,
  outcome: RecoveryOutcome,
): Promise<void> {
  const { flow, order, world } = run;
  const { restored, moves, candidate } = progress;
  const endedAt = await flow.now();
  const failedAt = order.failedAt ?? order.startedAt;
  const rpoMs = Math.max(0, ...restored.map(({ takenAt }) => failedAt - takenAt));
  const figures = figuresOfRecovery(endedAt - failedAt, rpoMs, world.settings.targets);
  const well = outcome.state === "released";
  const afterwards = moves.flatMap((move) =>
    move.do === "restore" && restored.some(({ database }) => database === move.database)
      ? world.afterwards(move)
      : [],
  );
  if (restored.length > 0 || !well)
    await tellOfRecovery(
      run,
      "end",
      well ? "well" : "badly",
      well
        ? `${order.service} is recovered: ${outcome.because}. ${figureWords(figures)}. What was written in the last ${spanWords(rpoMs)} before the failure is lost.`
        : `The recovery of ${order.service} ended without success: ${outcome.because} ${outcome.problem?.stillTrue ?? ""}`.trim(),
    );
  await flow.step(
    "end",
    async () => {
      if (well && progress.shifted && candidate !== undefined) {
        // What was proven good before leads back to the database that is lost.
        for (const { deployment } of await world.releases.proven(order.service, order.environment, 100))
          if (deployment !== candidate.id)
            await world.releases.disprove(order.service, order.environment, deployment);
        await world.releases.prove(
          {
            service: order.service,
            environment: order.environment,
            deployment: candidate.id,
            address: candidate.address,
            version: order.version,
            release: order.release,
            at: endedAt,
          },
          [],
        );
      }
      await world.releases.change(order.release, { ...outcome, endedAt }, [
        run.event(
          "recovery.finished",
          "recovery/finished",
          {
            scenario: "database_failure",
            state: outcome.state,
            because: outcome.because,
            restored: restored.length,
            ...(well ? { rtoMs: figures.rtoMs, rpoMs: figures.rpoMs, met: figures.met } : {}),
            targets: figures.targets,
            afterwards,
          },
          endedAt,
        ),
        run.endedEvent(outcome, endedAt),
      ]);
    },
    { attempts: 5 },
  );
}
