import { z } from "zod";

const BranchName = z.string().min(1).describe("A branch; * stands for any part of a name, as in release/*.");

/** What begins a release besides people and their tools. */
export const TriggerSettings = z.strictObject({
  vercel: z
    .strictObject({
      on: z
        .enum(["deployment.ready", "deployment.succeeded"])
        .default("deployment.ready")
        .describe(
          "The platform's word that begins the release: ready is a build that can answer, succeeded one that has passed the platform's checks and has its addresses.",
        ),
      branch: z
        .union([z.literal(false), BranchName, z.array(BranchName).min(1)])
        .default("main")
        .describe(
          "The branch, or branches, whose builds are released; false releases a build of any branch, and of none.",
        ),
    })
    .optional()
    .describe(
      "Release a build for production that the platform has made by itself, as it is. Needs a webhook (`atoms webhooks add`). Left out: such a build is written down, and not released.",
    ),
});
export type TriggerSettings = z.output<typeof TriggerSettings>;

/** The check of Atoms that the platform shows beside a deployment. */
export const DeploymentCheckSettings = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .default("Atoms release")
    .describe(
      "Name of the check on the platform. The first check of that name in the project is used; where there is none, one is made that holds nothing back.",
    ),
});
export type DeploymentCheckSettings = z.output<typeof DeploymentCheckSettings>;
