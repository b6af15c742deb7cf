import { z } from "zod";
import { epochMs } from "./common.js";

/** Body of `POST /v2/projects/{p}/checks`: a check that runs for every deployment. */
export const createCheckBody = z.object({
  name: z.string(),
  requires: z.enum(["build-ready", "deployment-url", "none"]).optional(),
  blocks: z
    .enum(["build-start", "deployment-start", "deployment-alias", "deployment-promotion", "none"])
    .optional(),
  targets: z.array(z.string()).optional(),
  /** Seconds. */
  timeout: z.number().optional(),
  isRerequestable: z.boolean().optional(),
  source: z.record(z.string(), z.unknown()).optional(),
});
export type CreateCheckBody = z.infer<typeof createCheckBody>;

export const check = createCheckBody.extend({
  id: z.string(),
  projectId: z.string().optional(),
  createdAt: epochMs.optional(),
  updatedAt: epochMs.optional(),
});
export type Check = z.infer<typeof check>;

/** The same, as written: the official SDK insists on where it comes from. */
export const fullCheck = check.extend({
  sourceKind: z.enum(["git-provider", "integration", "vercel", "webhook"]),
});
export type FullCheck = z.infer<typeof fullCheck>;

/** Answer of `GET /v2/projects/{p}/checks`. */
export const checksAnswer = z.object({ checks: z.array(check) });
export type ChecksAnswer = z.infer<typeof checksAnswer>;

export const checkRunStatus = z.enum(["queued", "running", "completed"]);
export const checkRunConclusion = z.enum([
  "succeeded",
  "failed",
  "neutral",
  "skipped",
  "canceled",
  "timeout",
]);

/** Body of `POST /v2/deployments/{d}/check-runs` (with `checkId`). */
export const createCheckRunBody = z.object({
  checkId: z.string(),
  status: checkRunStatus.optional(),
  externalId: z.string().optional(),
  externalUrl: z.string().optional(),
});
export type CreateCheckRunBody = z.infer<typeof createCheckRunBody>;

/** Body of `PATCH /v2/deployments/{d}/check-runs/{runId}`. */
export const updateCheckRunBody = z.object({
  status: checkRunStatus.optional(),
  conclusion: checkRunConclusion.optional(),
  conclusionText: z.string().optional(),
  externalId: z.string().optional(),
  externalUrl: z.string().optional(),
  output: z.unknown().optional(),
  completedAt: epochMs.optional(),
});
export type UpdateCheckRunBody = z.infer<typeof updateCheckRunBody>;

export const checkRun = z.object({
  id: z.string(),
  checkId: z.string().optional(),
  deploymentId: z.string().optional(),
  name: z.string(),
  status: checkRunStatus,
  conclusion: checkRunConclusion.nullish(),
  conclusionText: z.string().nullish(),
  externalId: z.string().nullish(),
  externalUrl: z.string().nullish(),
  detailsUrl: z.string().nullish(),
  startedAt: epochMs.nullish(),
  completedAt: epochMs.nullish(),
  source: z.record(z.string(), z.unknown()).nullish(),
});
export type CheckRun = z.infer<typeof checkRun>;

/** Answer of `GET /v2/deployments/{d}/check-runs`. */
export const checkRunsAnswer = z.object({ runs: z.array(checkRun) });
export type CheckRunsAnswer = z.infer<typeof checkRunsAnswer>;
