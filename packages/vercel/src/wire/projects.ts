import { z } from "zod";
import { epochMs, pageQuery, pagination } from "./common.js";
import { readyState, readySubstate } from "./deployments.js";
import { rollingReleaseConfig } from "./rollingRelease.js";

/** A promote or rollback, from accepted to done; the only sign of how far it is. */
export const aliasRequest = z.object({
  fromDeploymentId: z.string().nullable(),
  toDeploymentId: z.string(),
  fromRollingReleaseId: z.string().optional(),
  jobStatus: z.enum(["pending", "in-progress", "succeeded", "failed", "skipped"]),
  requestedAt: epochMs,
  type: z.enum(["promote", "rollback"]),
});
export type AliasRequest = z.infer<typeof aliasRequest>;

/** A host of the project, as the project object lists it. */
export const projectAlias = z.object({
  domain: z.string(),
  target: z.string().optional(),
  gitBranch: z.string().nullable().optional(),
  redirect: z.string().nullable().optional(),
  deployment: z.object({ id: z.string(), url: z.string().optional() }).nullable().optional(),
});
export type ProjectAlias = z.infer<typeof projectAlias>;

/** The deployment a target of the project stands at. */
export const projectTarget = z.object({
  id: z.string(),
  url: z.string().optional(),
  alias: z.array(z.string()).optional(),
  readyState: z.string().optional(),
  createdAt: epochMs.optional(),
});
export type ProjectTarget = z.infer<typeof projectTarget>;

/** A project, as read. */
export const projectAnswer = z.object({
  id: z.string(),
  name: z.string(),
  accountId: z.string().optional(),
  /** Absent means on, the platform's default. */
  autoAssignCustomDomains: z.boolean().nullish(),
  alias: z.array(projectAlias).nullish(),
  targets: z.record(z.string(), projectTarget.nullable()).nullish(),
  lastAliasRequest: aliasRequest.nullish(),
  /** Truthy only while rolling releases are switched on. */
  rollingRelease: z.unknown().optional(),
  protectionBypass: z.record(z.string(), z.looseObject({ note: z.string().nullish() })).nullish(),
  security: z
    .looseObject({ attackModeEnabled: z.boolean().nullish(), attackModeActiveUntil: epochMs.nullish() })
    .nullish(),
  framework: z.string().nullish(),
});
export type ProjectAnswer = z.infer<typeof projectAnswer>;

/** A host of the project, as written. */
export const fullProjectAlias = z.object({
  domain: z.string(),
  target: z.enum(["PRODUCTION", "STAGING"]),
  environment: z.string(),
  createdAt: epochMs,
  gitBranch: z.string().nullable().optional(),
  redirect: z.string().nullable().optional(),
  /** Null, or the official SDK asks for a whole deployment here too. */
  deployment: z.null(),
});
export type FullProjectAlias = z.infer<typeof fullProjectAlias>;

/** The deployment a target stands at, as written: without `type` and `plan` the official SDK rejects the project. */
export const fullProjectTarget = z.object({
  id: z.string(),
  url: z.string(),
  name: z.string(),
  target: z.enum(["production", "staging"]).nullable(),
  type: z.literal("LAMBDAS"),
  plan: z.enum(["hobby", "pro", "enterprise"]),
  readyState,
  readySubstate: readySubstate.optional(),
  createdAt: epochMs,
  createdIn: z.string(),
  creator: z.object({ uid: z.string(), username: z.string(), email: z.string() }).nullable(),
  deploymentHostname: z.string(),
  private: z.boolean(),
  userId: z.string(),
  alias: z.array(z.string()),
});
export type FullProjectTarget = z.infer<typeof fullProjectTarget>;

const regions = z.object({ functionDefaultRegions: z.array(z.string()) });

/** A secret that lets automation through the platform's own protection. */
export const protectionBypassEntry = z.object({
  createdAt: epochMs,
  createdBy: z.string(),
  scope: z.literal("automation-bypass"),
  isEnvVar: z.boolean().optional(),
  note: z.string().optional(),
});
export type ProtectionBypassEntry = z.infer<typeof protectionBypassEntry>;

/** Settings that a create or an update may carry. */
export const projectSettings = z.object({
  name: z.string().optional(),
  framework: z.string().nullable().optional(),
  autoAssignCustomDomains: z.boolean().optional(),
  buildCommand: z.string().nullable().optional(),
  devCommand: z.string().nullable().optional(),
  installCommand: z.string().nullable().optional(),
  outputDirectory: z.string().nullable().optional(),
  rootDirectory: z.string().nullable().optional(),
  nodeVersion: z.string().optional(),
  publicSource: z.boolean().nullable().optional(),
  skewProtectionMaxAge: z.number().optional(),
  skewProtectionBoundaryAt: z.number().optional(),
  ssoProtection: z.record(z.string(), z.unknown()).nullable().optional(),
  passwordProtection: z.record(z.string(), z.unknown()).nullable().optional(),
});
export type ProjectSettings = z.infer<typeof projectSettings>;

/** Body of `POST /v1/projects` and `/v11/projects`. */
export const createProjectBody = projectSettings.extend({ name: z.string() });
export type CreateProjectBody = z.infer<typeof createProjectBody>;

/** Body of `PATCH /v9/projects/{idOrName}`. */
export type UpdateProjectBody = z.infer<typeof projectSettings>;

/** A project, as written: what the official SDK insists on is not optional. */
export const fullProjectAnswer = projectSettings.extend({
  id: z.string(),
  name: z.string(),
  accountId: z.string(),
  createdAt: epochMs,
  updatedAt: epochMs,
  autoAssignCustomDomains: z.boolean(),
  alias: z.array(fullProjectAlias),
  nodeVersion: z.enum(["8.10.x", "10.x", "12.x", "14.x", "16.x", "18.x", "20.x", "22.x", "24.x"]),
  defaultResourceConfig: regions,
  resourceConfig: regions,
  deploymentExpiration: z.record(z.string(), z.unknown()),
  targets: z.record(z.string(), fullProjectTarget.nullable()),
  lastAliasRequest: aliasRequest.nullable().optional(),
  rollingRelease: rollingReleaseConfig.nullable().optional(),
  protectionBypass: z.record(z.string(), protectionBypassEntry).optional(),
});
export type FullProjectAnswer = z.infer<typeof fullProjectAnswer>;

/** Query of `GET /v9/projects` and `/v10/projects`. */
export const projectsQuery = pageQuery.extend({ search: z.string().optional() });
export type ProjectsQuery = z.infer<typeof projectsQuery>;

export const projectsAnswer = z.object({ projects: z.array(projectAnswer), pagination });
export type ProjectsAnswer = z.infer<typeof projectsAnswer>;

export const fullProjectsAnswer = z.object({ projects: z.array(fullProjectAnswer), pagination });
export type FullProjectsAnswer = z.infer<typeof fullProjectsAnswer>;

/** A domain of a project; one with a branch, a redirect or an environment of its own is not a production host. */
export const projectDomain = z.object({
  name: z.string(),
  apexName: z.string(),
  projectId: z.string(),
  verified: z.boolean(),
  gitBranch: z.string().nullish(),
  redirect: z.string().nullish(),
  customEnvironmentId: z.string().nullish(),
  createdAt: epochMs.optional(),
  updatedAt: epochMs.optional(),
});
export type ProjectDomain = z.infer<typeof projectDomain>;

/** Answer of `GET /v9/projects/{p}/domains`. */
export const projectDomainsAnswer = z.object({ domains: z.array(projectDomain), pagination });
export type ProjectDomainsAnswer = z.infer<typeof projectDomainsAnswer>;

/** Body of `POST /v10/projects/{p}/domains`; answered by the domain. */
export const addProjectDomainBody = z.object({
  name: z.string(),
  gitBranch: z.string().nullable().optional(),
});
export type AddProjectDomainBody = z.infer<typeof addProjectDomainBody>;

/** Answer of `GET /v4/domains/{name}` and `/v5/domains/{name}`. */
export const domainAnswer = z.object({
  domain: z.object({ name: z.string(), verified: z.boolean().optional(), createdAt: epochMs.optional() }),
});
export type DomainAnswer = z.infer<typeof domainAnswer>;

/** Answer of `GET /projects/{id}/custom-environments`. */
export const customEnvironmentsAnswer = z.object({
  environments: z.array(z.object({ id: z.string(), slug: z.string() })),
});
export type CustomEnvironmentsAnswer = z.infer<typeof customEnvironmentsAnswer>;

/** Answer of `GET /projects/{id}/production-deployment`; 404 when nothing was ever promoted. */
export const productionDeploymentAnswer = z.object({
  deployment: z.object({ id: z.string(), url: z.string() }),
});
export type ProductionDeploymentAnswer = z.infer<typeof productionDeploymentAnswer>;

/** Body of `POST /v1/security/attack-mode`. Without a time it stays on until it is switched off. */
export const attackModeBody = z.object({
  projectId: z.string(),
  attackModeEnabled: z.boolean(),
  attackModeActiveUntil: epochMs.nullable().optional(),
});
export type AttackModeBody = z.infer<typeof attackModeBody>;

/** Answer of the same. */
export const attackModeAnswer = z.object({
  attackModeEnabled: z.boolean(),
  attackModeUpdatedAt: epochMs,
  attackModeActiveUntil: epochMs.nullish(),
});

/** Body of `PATCH /v1/projects/{p}/protection-bypass`; an empty one generates a secret. */
export const protectionBypassBody = z.object({
  generate: z.object({ secret: z.string().optional(), note: z.string().optional() }).optional(),
  revoke: z.object({ secret: z.string(), regenerate: z.boolean() }).optional(),
  update: z
    .object({ secret: z.string(), isEnvVar: z.boolean().optional(), note: z.string().optional() })
    .optional(),
});
export type ProtectionBypassBody = z.infer<typeof protectionBypassBody>;

/** Answer of the same: every secret that is valid now. */
export const protectionBypassAnswer = z.object({
  protectionBypass: z.record(z.string(), protectionBypassEntry),
});
export type ProtectionBypassAnswer = z.infer<typeof protectionBypassAnswer>;
