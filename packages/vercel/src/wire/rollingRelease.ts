import { z } from "zod";
import { epochMs } from "./common.js";

/** A stage as configured. `duration` in whole MINUTES; none on the last stage. */
export const rollingReleaseStage = z.object({
  targetPercentage: z.number(),
  requireApproval: z.boolean().optional(),
  duration: z.number().optional(),
  linearShift: z.boolean().optional(),
});
export type RollingReleaseStage = z.infer<typeof rollingReleaseStage>;

/** The platform's own error-rate gate. Readers reject another check type than `error-rate-5xx`. */
export const rollingReleaseGate = z.object({
  enabled: z.boolean(),
  dryRun: z.boolean().optional(),
  action: z.enum(["pause", "rollback"]),
  failureThreshold: z.number().optional(),
  windowSize: z.number().optional(),
  checks: z.array(
    z.object({
      type: z.literal("error-rate-5xx"),
      minSampleSize: z.number().optional(),
      ingestWatermarkSeconds: z.number().optional(),
      excludeStatusCodes: z.array(z.number()).optional(),
      excludePaths: z.array(z.string()).optional(),
    }),
  ),
});
export type RollingReleaseGate = z.infer<typeof rollingReleaseGate>;

/** What a project is configured with; null while rolling releases are off. */
export const rollingReleaseConfig = z.object({
  target: z.string(),
  advancementType: z.enum(["automatic", "manual-approval"]).optional(),
  stages: z.array(rollingReleaseStage).nullish(),
  canaryResponseHeader: z.boolean().optional(),
  gate: rollingReleaseGate.nullish(),
});
export type RollingReleaseConfig = z.infer<typeof rollingReleaseConfig>;

/** Answer of `GET`, `PATCH` and `DELETE …/rolling-release/config`. */
export const rollingReleaseConfigAnswer = z.object({ rollingRelease: rollingReleaseConfig.nullable() });
export type RollingReleaseConfigAnswer = z.infer<typeof rollingReleaseConfigAnswer>;

/** Body of `PATCH …/rolling-release/config`; `{enabled: false}` switches off. */
export const rollingReleaseConfigBody = z.object({
  enabled: z.boolean().optional(),
  advancementType: z.enum(["automatic", "manual-approval"]).optional(),
  stages: z.array(rollingReleaseStage).optional(),
  canaryResponseHeader: z.boolean().optional(),
  gate: rollingReleaseGate.optional(),
  disableRolloutAction: z.enum(["abort", "complete"]).optional(),
});
export type RollingReleaseConfigBody = z.infer<typeof rollingReleaseConfigBody>;

/** Answer of `GET …/rolling-release/billing`. */
export const rollingReleaseBillingAnswer = z.object({
  reason: z.enum(["available_slots", "unlimited_slots", "no_available_slots", "plan_not_supported"]),
  availableSlots: z.union([z.number(), z.literal("unlimited")]).optional(),
  enabledProjects: z.array(z.unknown()).optional(),
  message: z.string(),
});
export type RollingReleaseBillingAnswer = z.infer<typeof rollingReleaseBillingAnswer>;

/** One of the two arms. */
export const rollingReleaseDeployment = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  target: z.string().nullish(),
  source: z.string().nullish(),
  createdAt: epochMs,
  readyState: z.string(),
  readyStateAt: epochMs.optional(),
});
export type RollingReleaseDeployment = z.infer<typeof rollingReleaseDeployment>;

/** A stage of a run. `duration` in SECONDS, unlike the configuration. */
export const runningStage = z.object({
  index: z.number(),
  isFinalStage: z.boolean(),
  targetPercentage: z.number(),
  requireApproval: z.boolean(),
  duration: z.number().nullable(),
  linearShift: z.boolean().optional(),
});
export type RunningStage = z.infer<typeof runningStage>;

/** One run of a rolling release. */
export const rollingRelease = z.object({
  state: z.enum(["ACTIVE", "COMPLETE", "ABORTED"]),
  substate: z.enum(["PAUSED"]).nullish(),
  advancementType: z.enum(["automatic", "manual-approval"]),
  currentDeployment: rollingReleaseDeployment.nullable(),
  canaryDeployment: rollingReleaseDeployment.nullable(),
  queuedDeploymentId: z.string().nullish(),
  stages: z.array(runningStage),
  activeStage: runningStage.nullable(),
  nextStage: runningStage.nullable(),
  startedAt: epochMs,
  updatedAt: epochMs,
  currentCanaryPercentage: z.number().optional(),
});
export type RollingRelease = z.infer<typeof rollingRelease>;

/** Answer of every call on a run: the latest one, whatever its state, or null if none ever ran. */
export const rollingReleaseAnswer = z.object({ rollingRelease: rollingRelease.nullable() });
export type RollingReleaseAnswer = z.infer<typeof rollingReleaseAnswer>;

/** Body of `POST …/rolling-release/start` and `…/complete`. */
export const canaryBody = z.object({ canaryDeploymentId: z.string() });
export type CanaryBody = z.infer<typeof canaryBody>;

/** Body of `POST …/rolling-release/approve-stage`. */
export const approveStageBody = z.object({
  nextStageIndex: z.number().int(),
  canaryDeploymentId: z.string(),
  activeStageIndex: z.number().int().optional(),
});
export type ApproveStageBody = z.infer<typeof approveStageBody>;
