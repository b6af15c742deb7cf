import { tellOfRecovery } from "./recover-tell.js";
import { figuresOfRecovery, type OutageOrder, type OutagePorts, spanWords } from "./recovery/index.js";
import { proveCopy, type RedeployProgress } from "./redeploy.js";
import type { ReleaseOutcome } from "./release.js";
import type { ReleaseRun, RunWorld } from "./strategies/run.js";

/** All that a recovery from an outage stands on. */
export type OutageWorld = RunWorld & OutagePorts;

/** A recovery from an outage on its way. */
export type OutageRun = ReleaseRun<OutageOrder, OutageWorld>;

/** How far it has come: what its end is told from. */
export type OutageProgress = RedeployProgress & {
  /** One sentence each, in their order. */
  done: string[];
  /** What was not done yet, in a few words each. */
  left: string[];
  /** The deployment whose artefact serves from another region. */
  from?: string;
  incident?: string;
  /** What people should know afterwards, one sentence each. */
  afterwards: string[];
};

/** Writes down how it ended and what it took, and tells people. */
export async function endOutage(
  run: OutageRun,
  progress: OutageProgress,
  outcome: ReleaseOutcome,
): Promise<void> {
  const { flow, order, world } = run;
  const { done, afterwards, incident, shifted, candidate, from } = progress;
  const { service, release, back, startedAt } = order;
  const well = outcome.state === "released";
  const endedAt = await flow.now();
  const figures = figuresOfRecovery(endedAt - startedAt, 0, world.settings.targets);
  const what = back === undefined ? "served again" : "led back";
  const text = well
    ? `${service} is ${what} after ${spanWords(figures.rtoMs)}: ${outcome.because}. ${afterwards.join(" ")}`.trim()
    : `The recovery of ${service} from an outage ended without success: ${outcome.because} ${outcome.problem?.stillTrue ?? ""}`.trim();
  if (well || incident !== undefined || done.length > 0)
    await tellOfRecovery(run, "end", well ? "well" : "badly", text);
  await flow.step(
    "end",
    async () => {
      if (shifted && candidate !== undefined && from !== undefined)
        await proveCopy(world.releases, order, { candidate, from, at: endedAt });
      await world.releases.change(release, { ...outcome, endedAt }, [
        ...(well && back !== undefined
          ? [run.event("outage.returned", "outage/returned", { of: back.release }, endedAt)]
          : []),
        run.event(
          "recovery.finished",
          "recovery/finished",
          {
            scenario: "service_outage",
            back: back !== undefined,
            state: outcome.state,
            because: outcome.because,
            incident: incident ?? null,
            // A way back is no recovery, and its time is nobody's RTO.
            ...(well && back === undefined
              ? { rtoMs: figures.rtoMs, met: figures.met, targets: figures.targets }
              : {}),
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
