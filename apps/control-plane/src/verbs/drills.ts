import { type DrillOutcome, drills, type RecoveryTargets } from "@atoms/playbook";
import { z } from "zod";
import { startJob } from "../jobs.js";
import { drillEnded, startDrill } from "../recovery/drill/index.js";
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
