import { nothingRunning, type Release } from "@atoms/playbook";
import { z } from "zod";
import { endIfLost } from "../lost-release.js";
import { playbookRef } from "./playbook-ref.js";
import { runningRelease } from "./running-release.js";
import { defineVerb } from "./verb.js";

/** Goes on with a release whose process died or was left. Answers at once; `follow` tells how it goes. */
export const resume = defineVerb({
  name: "resume",
  method: "POST",
  role: "operator",
  path: "/releases/resume",
  summary: "Go on with an interrupted release",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<Release> {
    const { running, of } = await runningRelease(plane, input);
    if (running === undefined) throw nothingRunning(of);
    const engine = await plane.engine();
    await engine.resume();
    return endIfLost(plane, running, input);
  },
});
