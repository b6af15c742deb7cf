import { announceEnd } from "./communication/announce.js";
import type { ReleaseOutcome } from "./release.js";
import { rollBack } from "./rollback/index.js";
import { openItsIncident } from "./strategies/open-incident.js";
import type { ReleaseWorld, RollbackByHandOrder } from "./strategies/ports.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf } from "./strategies/run.js";
import { type FlowDefinition, isInterruption, type LedgerEvent } from "./terms/index.js";

/** Problems that leave production as it was: the platform or Atoms refused. */
const untouchedBy = [301, 307, 308, 309, 601, 602, 604].map((number) => `ATM-${number}`);

/**
 * A rollback that a person asked for: a release of its own kind, so that it holds the environment while it acts, is
 * listed with the others, and goes on after a crash.
 */
export function rollbackByHandFlow(
  worldOf: (order: RollbackByHandOrder) => Promise<ReleaseWorld>,
): FlowDefinition<RollbackByHandOrder, ReleaseOutcome> {
  return {
    name: "rollback by hand",
    version: 1,
    async run(flow, order) {
      const world = await worldOf(order);
      const event = (kind: string, at: number, data: LedgerEvent["data"]): LedgerEvent => ({
        key: `${order.release}/${kind}`,
        kind,
        at,
        actor: order.actor,
        service: order.service,
        environment: order.environment,
        release: order.release,
        data,
      });
      const deadline = world.settings.deadlines.rollback;
      const since = await flow.step(
        "begin",
        async () => {
          const at = world.clock.now();
          const activity = {
            phase: "rollback",
            doing: "going back",
            since: at,
            until: at + deadline,
          } as const;
          await world.releases.change(order.release, { phase: "rollback", activity }, [
            event("phase.started", at, { phase: "rollback", deadlineMs: deadline, because: order.because }),
          ]);
          return at;
        },
        { attempts: 5 },
      );

      let outcome: ReleaseOutcome;
      try {
        const back = await rollBack(flow, world, world.settings.rollback, {
          service: order.service,
          environment: order.environment,
          release: order.release,
          from: undefined,
          to: order.to,
          before: undefined,
          because: order.because,
          actor: order.actor,
          until: since + deadline,
        });
        outcome = { state: "rolled back", because: `production serves ${back.to.id}, proven on every host` };
      } catch (error) {
        if (isInterruption(error)) throw error;
        const problem = problemOf(error, () => unexpectedFailure({ release: order.release }));
        // Refused before anything was asked of the platform, or asked and not proven: only the first leaves things as they were.
        const untouched = untouchedBy.includes(problem.code);
        outcome = { state: untouched ? "failed" : "unsafe", because: problem.happened, problem };
      }

      // People want to know why before where to.
      const because = `${order.because}; ${outcome.because}`;
      const plan = world.settings.plan;
      await announceEnd(flow, world, { ...order, ...outcome, because, version: "", plan });
      await openItsIncident(flow, world, { ...outcome, title: `the rollback by ${order.actor.name}` });
      const endedAt = await flow.now();
      await flow.step(
        "end",
        async () => {
          await world.releases.change(order.release, { ...outcome, endedAt }, [
            event("release.ended", endedAt, { ...outcome, problem: outcome.problem?.code ?? null }),
          ]);
        },
        { attempts: 5 },
      );
      return outcome;
    },
  };
}
