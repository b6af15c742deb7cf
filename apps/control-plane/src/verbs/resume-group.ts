import { nothingRunning, type Release } from "@atoms/playbook";
import { z } from "zod";
import { readGroup } from "../group-file.js";
import { endIfLost } from "../lost-release.js";
import { defineVerb } from "./verb.js";

/** Goes on with the release of a group whose process died or was left, and with its members. */
export const resumeGroup = defineVerb({
  name: "resume group",
  method: "POST",
  role: "operator",
  path: "/releases/group/resume",
  summary: "Go on with the interrupted release of a group",
  input: z.strictObject({ group: z.string().min(1).describe("Absolute path of the group file.") }),
  async run(plane, input): Promise<Release> {
    const { settings } = await readGroup(input.group);
    const { releases } = await plane.store();
    const running = (await releases.list({ service: settings.group, state: "running", limit: 1 }))[0];
    if (running === undefined)
      throw nothingRunning({ service: settings.group, environment: "any environment" });
    const engine = await plane.engine();
    await engine.resume();
    return endIfLost(plane, running);
  },
});
