import { z } from "zod";
import {
  ProbeSettings,
  PrometheusSettings,
  VercelMetricsSettings,
  vercelBucketMs,
} from "../measurement/index.js";
import { type Guardrail, GuardrailSettings } from "../statistics/index.js";
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
  measure: z
    .boolean()
    .default(true)
    .describe(
      "Measure the new deployment too, by canary.source, and go back when a change detector finds that it no longer keeps the guardrails on errors, latency and tools. Needs an interval of 1s or more, and a deployment that was there before.",
    ),
});
export type WatchSettings = z.output<typeof WatchSettings>;

/** The strategy `standard`: all traffic at once, then the watch. */
export const StandardSettings = z.strictObject({
  watch: WatchSettings.prefault({}).describe("The watch after the switch."),
});
export type StandardSettings = z.output<typeof StandardSettings>;

/** What becomes of blue once green is released. */
export const RetireSettings = z.strictObject({
  after: PositiveDuration.prefault("1h").describe(
    "How long blue is kept warm after green was released, so that `atoms rollback` finds it running. A control plane must run for it (`atoms up`).",
  ),
  every: PositiveDuration.prefault("1m").describe("How often blue is asked meanwhile."),
  policy: z
    .enum(["stop", "keep", "delete"])
    .default("stop")
    .describe(
      "What follows. stop keeps the deployment and no longer warms it; keep warms it until the next release takes over; delete removes it from the platform. Nothing is retired once production no longer serves green.",
    ),
});
export type RetireSettings = z.output<typeof RetireSettings>;

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
  retire: RetireSettings.prefault({}).describe("What becomes of blue once green is released."),
});
export type BlueGreenSettings = z.output<typeof BlueGreenSettings>;

const Step = z
  .number()
  .min(0)
  .max(100)
  .describe("Share of traffic in percent. 0 is a dark step: only probes reach the new deployment.");

/** Where the weights of a canary are that is split without rolling releases. */
export const WeightsSettings = z.strictObject({
  config: z
    .string()
    .regex(
      /^[A-Za-z0-9][\w-]*$/,
      "expected the id (ecfg_…) or the slug of a Global Config, such as atoms-split",
    )
    .default("atoms-split")
    .describe(
      "Id or slug of the Global Config (formerly Edge Config) that holds them. A slug that does not exist is created with the next deployment.",
    ),
  item: z
    .string()
    .regex(/^[\w-]{1,256}$/, "expected a key of letters, digits, - and _")
    .optional()
    .describe("Key of the item; split_ and the name of the service when left out."),
  lease: PositiveDuration.prefault("15m")
    .refine((ms) => ms >= 60_000, { error: "expected at least 1m" })
    .describe(
      "How long weights split traffic after the release last renewed them; then all of it goes to the old deployment, whoever died.",
    ),
});
export type WeightsSettings = z.output<typeof WeightsSettings>;

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
  split: z
    .enum(["rolling-release", "weights"])
    .default("rolling-release")
    .describe(
      "What splits traffic. rolling-release is the platform itself, on the local cloud and on Vercel's plans that have it; weights needs no such plan, but the routing helper in front of the service (packages/split).",
    ),
  weights: WeightsSettings.prefault({}).describe("Where the weights are; used only with split: weights."),
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
    .enum(["hold", "probe", "fail"])
    .default("hold")
    .describe(
      "What to do about silence, which never passes. hold waits for more requests when a step's time is up with too few, and goes back when the hold is over; probe sends Atoms' own requests for the rest of a step in which the source is silent; fail goes back when a step's time is up.",
    ),
  silence: PositiveDuration.prefault("1m").describe(
    "How long a source may tell of no request of the new deployment before no_data: probe takes it for silent. A dark step is silent from the beginning.",
  ),
  hold: PositiveDuration.prefault("30m").describe(
    "How long a step is held at most, for data or for an approval; then everything goes back.",
  ),
  approve: z
    .enum(["never", "every step", "before 100"])
    .default("never")
    .describe("Where a person has to approve (`atoms approve`). The watch goes on meanwhile."),
  source: z
    .enum(["probe", "drain", "prometheus", "vercel"])
    .default("probe")
    .describe(
      "Where the numbers come from: probe sends its own requests to both deployments, drain counts those of users from the platform's drains, prometheus reads the counters that a Prometheus has scraped of both, vercel asks the platform's Observability, which counts requests and errors in buckets of five minutes.",
    ),
  probe: ProbeSettings.prefault({}).describe("How the source probe asks."),
  prometheus: PrometheusSettings.optional().describe(
    "Which counters the source prometheus reads; needed only for that source.",
  ),
  vercel: VercelMetricsSettings.prefault({}).describe("How the source vercel reads the platform's counts."),
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

/** How long the chosen source may be behind what happens, in milliseconds, when all is well. */
export function behind({ source, prometheus, vercel, warm_up }: CanarySettings): number {
  switch (source) {
    case "vercel":
      return warm_up + 2 * vercelBucketMs + vercel.settle;
    case "prometheus":
      return prometheus === undefined ? 0 : prometheus.every + prometheus.settle;
    case "probe":
    case "drain":
      return 0;
  }
}

/** Whether the chosen source measures what a guardrail limits; a Prometheus does where the playbook names the counters. */
export function isMeasured(
  guardrail: Guardrail,
  settings: Pick<CanarySettings, "source" | "prometheus">,
): boolean {
  const { source, prometheus } = settings;
  if (source === "vercel") return countsOnly(guardrail);
  if (source !== "prometheus") return true;
  switch (guardrail.kind) {
    case "slow":
    case "relative_latency":
      return prometheus?.latency !== undefined;
    case "errors":
    case "relative_errors":
      return guardrail.of !== "tool_calls" || prometheus?.tool_calls !== undefined;
    case "both":
      return guardrail.all.every((one) => isMeasured(one, settings));
  }
}

/** Whether a guardrail needs no more than the numbers of requests and of errors. */
function countsOnly(guardrail: Guardrail): boolean {
  switch (guardrail.kind) {
    case "errors":
    case "relative_errors":
      return guardrail.of !== "tool_calls";
    case "slow":
    case "relative_latency":
      return false;
    case "both":
      return guardrail.all.every(countsOnly);
  }
}

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
