import { z } from "zod";
import { SafetySettings } from "./safety/settings.js";

/** How Atoms goes back. */
export const RollbackSettings = z.strictObject({
  pin: z
    .enum(["keep", "release"])
    .default("keep")
    .describe(
      "After a rollback the platform stops giving traffic to new production builds by itself, until the next promote. keep leaves it so, which protects the rollback from the next git push; release switches automatic assignment back on.",
    ),
  proof: z
    .strictObject({
      path: z
        .string()
        .startsWith("/")
        .default("/health")
        .describe("Path asked on every production host to see who answers."),
      answers: z
        .int()
        .min(1)
        .max(20)
        .default(3)
        .describe("How many answers in a row must come from the right deployment, on each host."),
    })
    .prefault({})
    .describe("What counts as proof that a host serves a deployment."),
  safety: z
    .union([z.literal(false), SafetySettings])
    .prefault({})
    .describe(
      "Before a release begins: would going back be safe? Variables, crons, migrations and, once the new deployment is there, its MCP contract. false leaves it out.",
    ),
});
export type RollbackSettings = z.output<typeof RollbackSettings>;
