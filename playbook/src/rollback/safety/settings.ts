import { z } from "zod";
import { PositiveDuration } from "../../terms/units.js";

/** What a level means for the release: it is told, a person has to approve, or the release is refused. */
export type SafetyPolicy = "warn" | "approve" | "refuse";

/** What is looked at before a release to know whether going back would be safe, and what follows from it. */
export const SafetySettings = z.strictObject({
  migrations: z
    .array(
      z.string().min(1).regex(/^[^/]/, {
        error: "expected a path from the source folder, such as migrations or db/**/*.sql",
      }),
    )
    .default([])
    .describe(
      "Where the source keeps its database migrations: folders, or patterns with * and **. A comment in a file says what it is: `-- atoms: reversible`, `-- atoms: expand` or `-- atoms: contract`.",
    )
    .meta({ examples: [["migrations", "db/**/*.sql"]] }),
  caution: z
    .enum(["warn", "approve", "refuse"])
    .default("warn")
    .describe(
      "When going back works, but not everything is as it was: variables, crons, tools, doubtful migrations.",
    ),
  unsafe: z
    .enum(["warn", "approve", "refuse"])
    .default("approve")
    .describe("When the old version may not work any more: migrations that take away what it needs."),
  wait: PositiveDuration.prefault("30m").describe(
    "How long a person is waited for (`atoms approve`); then the release ends, and nothing was touched.",
  ),
});
export type SafetySettings = z.output<typeof SafetySettings>;
