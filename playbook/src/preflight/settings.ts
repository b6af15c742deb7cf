import { z } from "zod";
import { Bytes, PositiveDuration } from "../terms/units.js";

const BranchName = z.string().min(1).describe("A branch; * stands for any part of a name, as in release/*.");

/** What is looked at before a release begins. Every check can be switched off. */
export const PreflightSettings = z.strictObject({
  source: z
    .boolean()
    .default(true)
    .describe("Check that the source folder can be read, is not empty and is not too large to ship."),
  git_clean: z
    .boolean()
    .default(true)
    .describe("Check that every file is committed, so that what is shipped is what was reviewed."),
  branch: z
    .union([z.literal(false), BranchName, z.array(BranchName).min(1)])
    .default("main")
    .describe("The branch, or branches, that may be released; false allows any."),
  allow_branch: z
    .boolean()
    .default(false)
    .describe("Release from another branch all the same: a warning instead of a failure."),
  dependencies: z
    .union([z.literal(false), z.string().min(1)])
    .default("lockfile")
    .describe(
      "lockfile checks that package.json has a lockfile that matches it; anything else is run as a command, for example npm ls; false checks nothing.",
    ),
  dependencies_timeout: PositiveDuration.prefault("2m").describe(
    "The longest the dependencies command may run.",
  ),
  tests: z
    .union([z.literal(false), z.string().min(1)])
    .optional()
    .describe(
      "The command that runs the tests, for example npm test. Without it a warning says that nothing was tested; false is silent.",
    ),
  tests_timeout: PositiveDuration.prefault("10m").describe(
    "The longest the tests may run; then they are stopped and count as failed.",
  ),
  required_variables: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable, such as API_KEY"),
    )
    .default([])
    .describe("Names of the variables that must be set where the service will run; none checks nothing."),
  platform: z.boolean().default(true).describe("Check that the platform answers and takes the token."),
  way_back: z
    .boolean()
    .default(true)
    .describe("Check that there is a deployment to return to, and that nothing else is moving traffic."),
  numbers: z
    .boolean()
    .default(true)
    .describe(
      "Check that the counters of canary.prometheus can be read for what production serves, where that is the source of a canary's numbers.",
    ),
  split: z
    .boolean()
    .default(true)
    .describe(
      "Check that the routing helper is in front of what production serves and reads the weights, where a canary is split by them.",
    ),
  alerts: z
    .boolean()
    .default(true)
    .describe(
      "Check that every alert rule reads what a monitor measures, and warn of what nobody would hear.",
    ),
  disk_free: z
    .union([z.literal(false), Bytes])
    .prefault("256MB")
    .describe(
      "Room that must be left on the disk where Atoms keeps its state, besides room for the source itself; false checks nothing.",
    ),
  timeout: PositiveDuration.prefault("30s").describe(
    "The longest any one check may take that is not a command.",
  ),
});
export type PreflightSettings = z.output<typeof PreflightSettings>;
