import { z } from "zod";
import { PositiveDuration } from "../terms/units.js";

/** How the new deployment is watched once it has the traffic. Defaults are the runbook's: five minutes, every ten seconds, more than three failures is bad. */
export const WatchSettings = z.strictObject({
  duration: PositiveDuration.prefault("5m").describe(
    "How long production is watched after the traffic has moved.",
  ),
  interval: PositiveDuration.prefault("10s").describe("Time between two looks."),
  failures: z
    .int()
    .min(0)
    .default(3)
    .describe("How many failed looks are forgiven during the watch; one more rolls back."),
  consecutive: z
    .int()
    .min(1)
    .default(3)
    .describe("How many failed looks in a row roll back at once, whatever the total."),
});
export type WatchSettings = z.output<typeof WatchSettings>;

/** The strategy `standard`: all traffic at once, then the watch. */
export const StandardSettings = z.strictObject({
  watch: WatchSettings.prefault({}).describe("The watch after the switch."),
});
export type StandardSettings = z.output<typeof StandardSettings>;

/** The longest each phase may take; a phase that is not done by then fails, and traffic is left or brought where it is safe. */
export const DeadlineSettings = z.strictObject({
  preflight: PositiveDuration.prefault("15m").describe("Checks and tests before anything is touched."),
  backup: PositiveDuration.prefault("5m").describe("Writing the backup."),
  deploy: PositiveDuration.prefault("15m").describe("Upload and build."),
  validate: PositiveDuration.prefault("10m").describe("Smoke and performance of the candidate."),
  shift: PositiveDuration.prefault("3m").describe("From the promote to proof on every production host."),
  finish: PositiveDuration.prefault("2m").describe("Records, tag and last notices."),
  rollback: PositiveDuration.prefault("10m").describe("From the decision to proof on every production host."),
});
export type DeadlineSettings = z.output<typeof DeadlineSettings>;
