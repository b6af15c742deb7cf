import { builtAlready, type Release, strategyKinds } from "@atoms/playbook";
import { z } from "zod";
import { findExisting } from "../existing-deployment.js";
import { overrides } from "../start-gates.js";
import { sourceAsItIs, startRelease } from "../start-release.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** The member of a verb's input that names a deployment to release as it is. */
export const builtDeployment = z
  .string()
  .min(1)
  .max(300)
  .optional()
  .describe("Id or host of a deployment to release as it is, instead of building one from the source.");

/** Takes the source as it is now, or a deployment that is there, opens a release and starts it. Answers at once; `follow` tells how it goes. */
export const deploy = defineVerb({
  name: "deploy",
  method: "POST",
  role: "operator",
  path: "/releases",
  summary: "Start a release",
  input: z.strictObject({
    ...playbookRef,
    source: z.string().optional().describe("Absolute path of a source folder, instead of the playbook's."),
    deployment: builtDeployment,
    variables: z.record(z.string(), z.string()).default({}).describe("Variables of this deployment alone."),
    strategy: z
      .enum(strategyKinds)
      .optional()
      .describe("How traffic moves, instead of the playbook's choice."),
    now: z.boolean().default(false).describe("Send all notices at once instead of waiting for their times."),
    skip: z.array(z.string()).default([]).describe("Checks to leave out, by name."),
    overrides,
  }),
  async run(plane, { deployment, source, ...wish }, actor): Promise<Release> {
    if (deployment !== undefined && source !== undefined) throw builtAlready({ given: "a source folder" });
    if (deployment !== undefined && Object.keys(wish.variables).length > 0)
      throw builtAlready({ given: "a variable of this deployment alone" });
    const open = await plane.open(wish);
    const folder = source ?? open.sourceFolder;
    const shipment =
      deployment === undefined
        ? await sourceAsItIs(plane, open, folder)
        : await findExisting(plane, open, { deployment, skip: wish.skip });
    return startRelease(plane, open, shipment, { ...wish, folder }, actor);
  },
});
