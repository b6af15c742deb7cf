import { z } from "zod";
import { epochMs, pageQuery, pagination } from "./common.js";

/** A host and the deployment it leads to, as read. */
export const aliasAnswer = z.object({
  uid: z.string().optional(),
  alias: z.string(),
  deploymentId: z.string().nullish(),
  deployment: z.object({ id: z.string(), url: z.string().optional() }).nullish(),
  projectId: z.string().nullish(),
  createdAt: epochMs.optional(),
  redirect: z.string().nullish(),
});
export type AliasAnswer = z.infer<typeof aliasAnswer>;

/** The same, as written. */
export const fullAliasAnswer = z.object({
  uid: z.string(),
  alias: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs.optional(),
  created: z.string(),
  deployment: z.object({ id: z.string(), url: z.string() }),
  deploymentId: z.string(),
  projectId: z.string(),
});
export type FullAliasAnswer = z.infer<typeof fullAliasAnswer>;

/** Query of `GET /v3/now/aliases` and `GET /v4/aliases`. */
export const aliasesQuery = pageQuery.extend({
  projectId: z.string().optional(),
  domain: z.string().optional(),
});
export type AliasesQuery = z.infer<typeof aliasesQuery>;

export const aliasesAnswer = z.object({ aliases: z.array(aliasAnswer), pagination });
export type AliasesAnswer = z.infer<typeof aliasesAnswer>;

export const fullAliasesAnswer = z.object({ aliases: z.array(fullAliasAnswer), pagination });
export type FullAliasesAnswer = z.infer<typeof fullAliasesAnswer>;

/** Answer of `GET /v2/deployments/{id}/aliases`: no pages. */
export const deploymentAliasesAnswer = z.object({
  aliases: z.array(z.object({ uid: z.string(), alias: z.string(), created: z.string() })),
});
export type DeploymentAliasesAnswer = z.infer<typeof deploymentAliasesAnswer>;

/** Body of `POST /v2/deployments/{idOrHost}/aliases`. */
export const assignAliasBody = z.object({ alias: z.string(), redirect: z.string().nullable().optional() });
export type AssignAliasBody = z.infer<typeof assignAliasBody>;

/** Its answer; `oldDeploymentId` when the host was taken over from another deployment. */
export const assignAliasAnswer = z.object({
  uid: z.string(),
  alias: z.string(),
  /** ISO 8601. */
  created: z.string(),
  oldDeploymentId: z.string().nullish(),
});
export type AssignAliasAnswer = z.infer<typeof assignAliasAnswer>;

/** Answer of `DELETE /v2/aliases/{id}`. */
export const deletedAliasAnswer = z.object({ status: z.literal("SUCCESS") });
export type DeletedAliasAnswer = z.infer<typeof deletedAliasAnswer>;
