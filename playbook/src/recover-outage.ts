import { endOutage, type OutageProgress, type OutageRun, type OutageWorld } from "./recover-outage-end.js";
import { moveToStandby, takeRecordsBack } from "./recover-outage-records.js";
import { moveToRegion, takeRegionsBack } from "./recover-outage-regions.js";
import { tellOfRecovery } from "./recover-tell.js";
import {
  type ChosenWay,
  chooseOutageWay,
  judgeOutage,
  type OutageFacts,
  type OutageMove,
  type OutageOrder,
  withStanding,
} from "./recovery/index.js";
import type { ReleaseOutcome } from "./release.js";
import { unexpectedFailure } from "./strategies/problems.js";
import { problemOf, ReleaseRun, Stop } from "./strategies/run.js";
import { type FlowDefinition, isInterruption, Problem } from "./terms/index.js";

/**
 * When the service does not answer from where it runs: evidence from outside first, and a judgement of whose fault it is. Then users
 * are served from elsewhere: from another region, to which the same artefact is deployed, or from the standby, where the records of their
 * name are changed if nobody else changed them. What
 * they see is proven from outside. With `back` the same is undone when the outage is over. A release of its own kind, which goes on
 * after a crash.
 */
export function recoverOutageFlow(
  worldOf: (order: OutageOrder) => Promise<OutageWorld>,
): FlowDefinition<OutageOrder, ReleaseOutcome> {
  return {
    name: "recover outage",
    version: 1,
    async run(flow, order) {
      const run: OutageRun = new ReleaseRun(flow, order, await worldOf(order));
      const progress: OutageProgress = { done: [], left: [], moving: false, shifted: false, afterwards: [] };
      let outcome: ReleaseOutcome;
      try {
        await (order.back === undefined ? move(run, progress) : takeBack(run, progress, order.back));
        outcome = { state: "released", because: progress.done.join("; ") };
      } catch (error) {
        if (isInterruption(error)) throw error;
        outcome = stopped(error, order, progress);
      }
      await endOutage(run, progress, outcome);
      return outcome;
    },
  };
}

async function move(run: OutageRun, progress: OutageProgress): Promise<void> {
  const { order, world } = run;
  progress.left = ["leading users elsewhere", "proving it from outside"];
  const { facts, chosen } = await run.inPhase("preflight", world.settings.deadlines.look, () =>
    judged(run, progress),
  );
  const where = chosen.way === "standby" ? "Leading users to the standby." : `Moving it to ${chosen.region}.`;
  await tellOfRecovery(run, "start", "no", `${order.service} is out: ${order.because} ${where}`);
  if (chosen.way === "standby") return moveToStandby(run, progress, facts);
  try {
    await moveToRegion(run, progress, chosen.region);
  } catch (error) {
    if (isInterruption(error) || !mayGoToStandby(error, run, progress)) throw error;
    const { happened, code } = problemOf(error, () => unexpectedFailure({ release: order.release }));
    progress.done.push(`a move to ${chosen.region} was tried and left (${code})`);
    await run.change("write down that the move was left", {}, () => [
      run.event("outage.left", "outage/left", { region: chosen.region, because: happened, problem: code }),
    ]);
    await moveToStandby(run, progress, facts);
  }
}

/** Looks, writes down what was seen, judges it, and sees to it that somebody knows. @throws Stop when this is not the answer. */
async function judged(
  run: OutageRun,
  progress: OutageProgress,
): Promise<{ facts: OutageFacts; chosen: ChosenWay }> {
  const { world, order } = run;
  const { regions, standby } = world.settings;
  const facts = await run.act(
    "look from outside",
    "asking everything from outside",
    (signal) => world.look(signal),
    {
      attempts: 2,
    },
  );
  const verdict = judgeOutage(facts);
  await run.change("write down what was seen", {}, () => [
    run.event("outage.evidence", "outage/evidence", { ...facts, verdict }),
  ]);
  const chosen = chooseOutageWay(verdict, facts, { regions, standby: standby !== undefined }, order);
  if (chosen instanceof Problem) throw new Stop("failed", chosen.toJSON(), true);
  progress.incident = await run.act(
    "open an incident",
    "opening an incident",
    () => world.openIncident(`${order.because} ${verdict.because}`),
    { attempts: 4 },
  );
  return { facts, chosen };
}

/** Another region that cannot be had is no reason to leave users out; unless a person has named the way, or has ended it. */
const mayGoToStandby = (error: unknown, { world, order }: OutageRun, { moving }: OutageProgress): boolean =>
  order.way === undefined &&
  world.settings.standby !== undefined &&
  !moving &&
  !(error instanceof Stop && error.state === "aborted");

async function takeBack(run: OutageRun, progress: OutageProgress, back: OutageMove): Promise<void> {
  const told = () =>
    tellOfRecovery(run, "start", "no", `The outage of ${run.order.service} is over: leading users back.`);
  if (back.of === "records") return takeRecordsBack(run, progress, back, told);
  await told();
  await takeRegionsBack(run, progress, back);
}

function stopped(error: unknown, order: OutageOrder, progress: OutageProgress): ReleaseOutcome {
  const { done, left, moving } = progress;
  const refused = error instanceof Stop && error.leaveTraffic;
  const problem = withStanding(
    problemOf(error, () => unexpectedFailure({ release: order.release })),
    {
      done,
      left: refused ? [] : left,
      command: `atoms recover service_outage${order.back === undefined ? "" : " --back"}`,
    },
  );
  const state = moving ? "unsafe" : error instanceof Stop ? error.state : "failed";
  return { state, because: problem.happened, problem };
}
