import { z } from "zod";
import { epochMs } from "./common.js";

/** Body of `POST /v1/webhooks`. */
export const createWebhookBody = z.object({
  url: z.string(),
  events: z.array(z.string()),
  projectIds: z.array(z.string()).optional(),
});
export type CreateWebhookBody = z.infer<typeof createWebhookBody>;

/** A webhook; `secret` is told only when it is created. */
export const webhook = createWebhookBody.extend({
  id: z.string(),
  ownerId: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
  secret: z.string().optional(),
});
export type Webhook = z.infer<typeof webhook>;

/** Answer of `GET /v1/webhooks`: a bare array, or one under `webhooks`. */
export const webhooksAnswer = z.union([z.array(webhook), z.object({ webhooks: z.array(webhook) })]);
export type WebhooksAnswer = z.infer<typeof webhooksAnswer>;

/** The same, as written: the official SDK reads only the bare array. */
export const fullWebhooksAnswer = z.array(webhook);
export type FullWebhooksAnswer = z.infer<typeof fullWebhooksAnswer>;

/** The envelope of every delivery. A 2xx is expected within 30 s; otherwise it is sent again for up to 24 h. */
export const webhookDelivery = z.object({
  id: z.string(),
  type: z.string(),
  createdAt: epochMs,
  region: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
});
export type WebhookDelivery = z.infer<typeof webhookDelivery>;

const ref = z.object({ id: z.string() });

/** Payload of `deployment.created`, `.ready`, `.succeeded`, `.error`, `.canceled` and `.promoted`. */
export const deploymentEventPayload = z.object({
  team: ref.nullish(),
  user: ref.nullish(),
  /** With `deployment.created` only. */
  alias: z.array(z.string()).optional(),
  deployment: z.object({
    id: z.string(),
    meta: z.record(z.string(), z.unknown()),
    url: z.string(),
    name: z.string(),
  }),
  links: z.object({ deployment: z.string(), project: z.string() }),
  target: z.string().nullish(),
  project: ref,
  plan: z.string(),
  regions: z.array(z.string()),
});
export type DeploymentEventPayload = z.infer<typeof deploymentEventPayload>;

/** Payload of `deployment.rollback`, sent when accepted, before traffic has moved. */
export const rollbackEventPayload = z.object({
  team: ref.nullish(),
  user: ref.nullish(),
  project: ref,
  fromDeploymentId: z.string().nullable(),
  toDeploymentId: z.string(),
});
export type RollbackEventPayload = z.infer<typeof rollbackEventPayload>;

/** A rolling release inside a webhook; another form than the API's document. */
export const webhookRollingRelease = z.object({
  projectId: z.string(),
  ownerId: z.string(),
  deploymentIds: z.array(z.string()),
  state: z.string(),
  activeStageIndex: z.number().nullish(),
  default: z.object({
    baseDeploymentId: z.string(),
    targetDeploymentId: z.string(),
    /** Missing when aborted. */
    targetPercentage: z.number().optional(),
    targetStartAt: epochMs.optional(),
    targetUpdatedAt: epochMs.optional(),
  }),
  config: z.object({ target: z.string(), stages: z.array(z.unknown()) }),
  writtenBy: z.string(),
});
export type WebhookRollingRelease = z.infer<typeof webhookRollingRelease>;

/** Payload of `project.rolling-release.started`, `.approved`, `.completed` and `.aborted`. */
export const rollingReleaseEventPayload = z.object({
  team: ref.nullish(),
  user: ref.nullish(),
  project: ref,
  projectId: z.string(),
  projectName: z.string(),
  userId: z.string().nullish(),
  rollingRelease: webhookRollingRelease,
  prevRollingRelease: webhookRollingRelease.nullish(),
});
export type RollingReleaseEventPayload = z.infer<typeof rollingReleaseEventPayload>;
