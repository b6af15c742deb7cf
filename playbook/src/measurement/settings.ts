import { z } from "zod";
import { PositiveDuration } from "../terms/units.js";

const Path = z
  .string()
  .regex(/^\/[^\s?#]*$/, { error: "expected a path on the service without a query, such as /health" })
  .meta({ examples: ["/health"] });

/** How both arms of a release are probed. */
export const ProbeSettings = z.strictObject({
  rate: z
    .number()
    .min(1)
    .max(100)
    .default(5)
    .describe("Probes per second to each arm, on schedule, whether or not earlier ones were answered."),
  timeout: PositiveDuration.refine((ms) => ms <= 30_000, {
    error: "expected at most 30s: a verdict waits for the slowest probe",
  })
    .prefault("5s")
    .describe("A probe without an answer for this long is an error that took this long."),
  paths: z
    .array(Path)
    .min(1)
    .max(20)
    .optional()
    .describe(
      "Paths that are asked in turn, with the token where there is one; any answer but 2xx is an error. Left out: validation.watch.path, else the health path. Not used where tools are called.",
    ),
  tools: z
    .boolean()
    .default(true)
    .describe(
      "Where the service speaks MCP, probe by calling the read-only tool of validation.smoke.mcp; false asks the paths instead.",
    ),
});
export type ProbeSettings = z.output<typeof ProbeSettings>;
