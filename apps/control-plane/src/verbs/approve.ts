import {
  type Command,
  commandSignal,
  noSuchRelease,
  nothingRunning,
  nothingToApprove,
  type Release,
} from "@atoms/playbook";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Approves the next step of a canary that waits for a person. It counts for the step that is watched now. */
export const approve = defineVerb({
  name: "approve",
  method: "POST",
  path: "/releases/approve",
  summary: "Approve the next step of a canary",
  input: z.strictObject({
    ...playbookRef,
    release: z.string().optional().describe("The running one when left out."),
  }),
  async run(plane, input, actor): Promise<Release> {
    const open = await plane.open(input);
    const { releases, ledger } = await plane.store();
    const release =
      input.release === undefined
        ? await releases.running(open.service, open.environment)
        : await releases.get(input.release);
    if (release === undefined && input.release !== undefined) throw noSuchRelease({ release: input.release });
    if (release?.state !== "running")
      throw nothingRunning({ service: open.service, environment: open.environment });
    const asks = release.strategy === "canary" && open.settings.canary.approve !== "never";
    if (!asks) throw nothingToApprove({ release: release.id, strategy: release.strategy });
    const at = plane.clock.now();
    await ledger.append([
      {
        key: `${release.id}/approve/${at}`,
        kind: "step.approved",
        at,
        actor,
        service: release.service,
        environment: release.environment,
        release: release.id,
        data: { split: release.split },
      },
    ]);
    const command: Command = { do: "approve", by: actor.name };
    const engine = await plane.engine();
    await engine.signal(release.id, commandSignal, command);
    return release;
  },
});
