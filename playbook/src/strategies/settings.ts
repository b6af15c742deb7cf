import { z } from "zod";
import { ProbeSettings } from "../measurement/index.js";
import { GuardrailSettings } from "../statistics/index.js";
import { Percentage, PositiveDuration } from "../terms/units.js";

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

/** The strategy `blue-green`: green is validated and warmed while blue serves, then all traffic at once, and blue is kept warm. */
export const BlueGreenSettings = z.strictObject({
  warm_up: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe("Requests that green answers before it gets traffic, so that no user meets a cold start."),
  watch: WatchSettings.prefault({}).describe(
    "The watch after the switch. In each look blue is asked too, so that the way back stays warm.",
  ),
});
export type BlueGreenSettings = z.output<typeof BlueGreenSettings>;

const Step = z
  .number()
  .min(0)
  .max(100)
  .describe("Share of traffic in percent. 0 is a dark step: only probes reach the new deployment.");

/** The strategy `canary`: traffic in steps, each watched until there is proof of health, proof of harm, or its time is up. */
export const CanarySettings = z.strictObject({
  steps: z
    .array(Step)
    .min(2, "expected at least two steps, for example [10, 25, 50, 75, 100]")
    .default([10, 25, 50, 75, 100])
    .refine((steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] ?? 0)), {
      error: "expected steps that grow, for example [10, 25, 50, 75, 100]",
    })
    .refine((steps) => steps.at(-1) === 100, { error: "expected the last step to be 100" })
    .describe("Shares of traffic, in percent; the last is 100."),
  bake: PositiveDuration.prefault("5m").describe(
    "The longest a step is watched. It ends early on proof of health; on proof of harm everything goes back at once.",
  ),
  interval: PositiveDuration.prefault("5s").describe("How often the evidence is judged."),
  min_requests: z
    .int()
    .min(1)
    .default(200)
    .describe(
      "Requests that the new deployment must have answered in a step before its time being up counts.",
    ),
  unproven: z
    .enum(["proceed", "roll back"])
    .default("proceed")
    .describe(
      "What to do when a step's time is up with enough requests, no proof of harm, and none of health.",
    ),
  no_data: z
    .enum(["hold", "roll back"])
    .default("hold")
    .describe(
      "What to do when a step's time is up with too few requests. hold waits for more, never passes on silence.",
    ),
  hold: PositiveDuration.prefault("30m").describe(
    "How long a step is held at most, for data or for an approval; then everything goes back.",
  ),
  approve: z
    .enum(["never", "every step", "before 100"])
    .default("never")
    .describe("Where a person has to approve (`atoms approve`). The watch goes on meanwhile."),
  source: z
    .enum(["probe", "drain"])
    .default("probe")
    .describe(
      "Where the numbers come from: probe sends its own requests to both deployments, drain counts those of users from the platform's drains.",
    ),
  probe: ProbeSettings.prefault({}).describe("How the source probe asks."),
  guardrails: z
    .array(GuardrailSettings)
    .min(1)
    .optional()
    .describe(
      "What the new deployment must keep. Left out: errors at most 1%, at most 5% slower than 500 ms, neither worse than the old one; and for MCP services at most 1% of tool calls failing.",
    ),
  false_alarms: Percentage.default(0.01).describe(
    "Most that the chance may be of rolling back a healthy release, over all guardrails, steps and looks.",
  ),
  profile: z
    .enum(["robust", "strict"])
    .default("robust")
    .describe(
      "robust: no ten seconds alone may decide. strict: everything counts as it comes. The usual guardrails on errors are strict in any case.",
    ),
  warm_up: PositiveDuration.prefault("10s").describe(
    "Time after the first request that is not judged: cold starts.",
  ),
  step_minimum: PositiveDuration.prefault("1m").describe(
    "The shortest a step is watched before it may pass early.",
  ),
  watch: WatchSettings.prefault({}).describe("The watch once all traffic has moved."),
});
export type CanarySettings = z.output<typeof CanarySettings>;

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
