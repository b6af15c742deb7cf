import {
  type DrillOutcome,
  drills,
  nextTimes,
  type RecoveryTargets,
  type ScenarioStanding,
  scenarios,
  standingOf,
} from "@atoms/playbook";
import { z } from "zod";
import { startJob } from "../jobs.js";
import { drillEnded, lacksForDrill, scenariosToDrill, startDrill } from "../recovery/drill/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** What a drill answers with, when it is done. */
export type DrillDone = DrillOutcome & { drill: string; targets: RecoveryTargets };

/**
 * Rehearses a recovery on a stage of its own. Answers with a job whose result is a `DrillDone`; stopped, it ends safely.
 * @throws ATM-676 to 678 for a stage that cannot be built, ATM-682 when one is under way.
 */
export const drillRecovery = defineVerb({
  name: "drill recovery",
  method: "POST",
  role: "operator",
  path: "/recovery/drills",
  summary: "Rehearse a recovery, and measure it",
  input: z.strictObject({ ...playbookRef, scenario: z.enum(drills) }),
  async run(plane, input, actor): Promise<{ job: string }> {
    const order = await startDrill(plane, input, input.scenario, actor);
    return {
      job: startJob(plane, "drilling a recovery", async (job): Promise<DrillDone> => {
        const outcome = await drillEnded(plane, order, (doing) => job.say(doing), job.signal);
        return { ...outcome, drill: order.drill, targets: order.targets };
      }),
    };
  },
});

const mostDrills = 500;

/** How well each scenario is rehearsed: drills of the past and their figures, the next game day, and what keeps one from it. */
export const recoveryScenarios = defineVerb({
  name: "recovery scenarios",
  method: "GET",
  role: "viewer",
  path: "/recovery/scenarios",
  summary: "Say how well each scenario of recovery is rehearsed",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<ScenarioStanding[]> {
    const open = await plane.open(input);
    const { service, environment, settings } = open;
    const { ledger } = await plane.store();
    const entries = await ledger.read({ kind: "drill.finished", environment, last: true, limit: mostDrills });
    const own = entries.filter((entry) => entry.service === service).sort((a, b) => a.seq - b.seq);
    const { schedule } = settings.recovery.drill;
    const planned: readonly string[] = schedule === undefined ? [] : scenariosToDrill(open);
    const [next] = schedule === undefined ? [] : nextTimes(schedule, plane.clock.now(), 1);
    return scenarios.map((scenario) =>
      standingOf(scenario, own, {
        cannot: lacksForDrill(open, scenario),
        next: planned.includes(scenario) ? next : undefined,
      }),
    );
  },
});
