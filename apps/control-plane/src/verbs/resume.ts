import { nothingRunning, type Release } from "@atoms/playbook";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Goes on with a release whose process died or was left. Answers at once; `follow` tells how it goes. */
export const resume = defineVerb({
  name: "resume",
  method: "POST",
  path: "/releases/resume",
  summary: "Go on with an interrupted release",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<Release> {
    const open = await plane.open(input);
    const { releases } = await plane.store();
    const running = await releases.running(open.service, open.environment);
    if (running === undefined) throw nothingRunning({ service: open.service, environment: open.environment });
    const engine = await plane.engine();
    await engine.resume();
    return running;
  },
});
