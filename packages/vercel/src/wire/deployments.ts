import { z } from "zod";
import { epochMs, pageQuery, pagination } from "./common.js";
import { fileEntry } from "./files.js";

/** States of a deployment that the official clients accept; any other makes the SDK throw. */
export const readyState = z.enum([
  "BLOCKED",
  "BUILDING",
  "CANCELED",
  "ERROR",
  "INITIALIZING",
  "QUEUED",
  "READY",
]);
export type ReadyState = z.infer<typeof readyState>;

/** `STAGED`: never served production; `ROLLING`: being shifted; `PROMOTED`: serves or has served it. */
export const readySubstate = z.enum(["STAGED", "ROLLING", "PROMOTED"]);
export type ReadySubstate = z.infer<typeof readySubstate>;

/** Where a deployment came from; `api` is not in the list and breaks clients. */
export const deploymentSource = z.enum([
  "cli",
  "git",
  "redeploy",
  "import",
  "drop",
  "api-trigger-git-deploy",
  "git-deploy-hook",
  "clone/repo",
  "import/repo",
  "v0-web",
]);
export type DeploymentSource = z.infer<typeof deploymentSource>;

/** State of the checks that must pass before production hosts are pointed at the deployment. */
export const deploymentChecks = z.object({
  "deployment-alias": z
    .object({
      state: z.enum(["pending", "succeeded", "failed"]),
      startedAt: epochMs.optional(),
      completedAt: epochMs.optional(),
    })
    .optional(),
});
export type DeploymentChecks = z.infer<typeof deploymentChecks>;

/** A deployment as read, from create, get or a list. A state that is not known yet counts as "not ready". */
export const deploymentAnswer = z
  .object({
    id: z.string().optional(),
    uid: z.string().optional(),
    name: z.string().optional(),
    /** A bare host. Null until the platform has chosen one. */
    url: z.string().nullish(),
    projectId: z.string().nullish(),
    readyState: z.string().optional(),
    readySubstate: z.string().nullish(),
    state: z.string().optional(),
    target: z.string().nullish(),
    regions: z.array(z.string()).nullish(),
    createdAt: epochMs.optional(),
    created: epochMs.optional(),
    ready: epochMs.nullish(),
    alias: z.array(z.string()).nullish(),
    aliasAssigned: z.union([z.boolean(), z.number()]).nullish(),
    aliasError: z.object({ code: z.string().optional(), message: z.string().optional() }).nullish(),
    meta: z.record(z.string(), z.unknown()).nullish(),
    errorCode: z.string().nullish(),
    errorMessage: z.string().nullish(),
    errorStep: z.string().nullish(),
    checks: deploymentChecks.nullish(),
    checksState: z.string().nullish(),
    checksConclusion: z.string().nullish(),
    isRollbackCandidate: z.boolean().nullish(),
    inspectorUrl: z.string().nullish(),
    team: z.object({ id: z.string(), name: z.string().nullish(), slug: z.string().nullish() }).nullish(),
  })
  // Lists speak of `uid`, the rest of `id`.
  .refine((deployment) => (deployment.id ?? deployment.uid) !== undefined, "a deployment without id and uid");
export type DeploymentAnswer = z.infer<typeof deploymentAnswer>;

/** A deployment as written by create and get: members that the official clients insist on are not optional. */
export const fullDeploymentAnswer = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  projectId: z.string(),
  ownerId: z.string(),
  inspectorUrl: z.string().nullable(),
  readyState,
  status: readyState,
  readySubstate: readySubstate.optional(),
  target: z.enum(["production", "staging"]).nullable(),
  aliasAssigned: z.boolean(),
  aliasAssignedAt: epochMs.nullable().optional(),
  alias: z.array(z.string()),
  aliasError: z.object({ code: z.string(), message: z.string() }).nullable(),
  aliasWarning: z.null().optional(),
  type: z.literal("LAMBDAS"),
  plan: z.enum(["hobby", "pro", "enterprise"]),
  version: z.literal(2),
  createdAt: epochMs,
  buildingAt: epochMs,
  bootedAt: epochMs,
  ready: epochMs,
  creator: z.object({ uid: z.string(), username: z.string(), email: z.string() }),
  meta: z.record(z.string(), z.string()),
  env: z.array(z.string()),
  build: z.object({ env: z.array(z.string()) }),
  projectSettings: z.record(z.string(), z.unknown()),
  regions: z.array(z.string()),
  routes: z.null(),
  public: z.boolean(),
  createdIn: z.string(),
  buildSkipped: z.boolean(),
  isInConcurrentBuildsQueue: z.boolean(),
  isInSystemBuildsQueue: z.boolean(),
  source: deploymentSource.optional(),
  autoAssignCustomDomains: z.boolean().optional(),
  team: z.object({ id: z.string(), name: z.string(), slug: z.string() }).optional(),
  checks: deploymentChecks.optional(),
  checksState: z.enum(["registered", "running", "completed"]).optional(),
  checksConclusion: z.enum(["succeeded", "failed", "skipped", "canceled"]).optional(),
  errorCode: z.string().optional(),
  errorMessage: z.string().optional(),
  errorStep: z.string().optional(),
});
export type FullDeploymentAnswer = z.infer<typeof fullDeploymentAnswer>;

/** An item of a list, as written. */
export const fullDeploymentItem = z.object({
  id: z.string(),
  uid: z.string(),
  name: z.string(),
  url: z.string(),
  projectId: z.string(),
  created: epochMs,
  createdAt: epochMs,
  ready: epochMs.optional(),
  readyState,
  state: readyState,
  readySubstate: readySubstate.optional(),
  type: z.literal("LAMBDAS"),
  target: z.enum(["production", "staging"]).nullable(),
  creator: z.object({ uid: z.string(), username: z.string(), email: z.string() }),
  inspectorUrl: z.string().nullable(),
  aliasAssigned: z.union([z.boolean(), epochMs]).nullable(),
  isRollbackCandidate: z.boolean(),
  meta: z.record(z.string(), z.string()),
  source: deploymentSource.optional(),
  errorCode: z.string().optional(),
  errorMessage: z.string().optional(),
});
export type FullDeploymentItem = z.infer<typeof fullDeploymentItem>;

/** Answer of `GET /v6/deployments` and `/v7/deployments`, as read. */
export const deploymentsAnswer = z.object({
  deployments: z.array(deploymentAnswer),
  pagination: pagination.optional(),
});
export type DeploymentsAnswer = z.infer<typeof deploymentsAnswer>;

/** The same, as written. */
export const fullDeploymentsAnswer = z.object({ deployments: z.array(fullDeploymentItem), pagination });
export type FullDeploymentsAnswer = z.infer<typeof fullDeploymentsAnswer>;

/** Query of a deployment list. `meta-<key>=<value>` and `policy-<key>` come on top and are read by prefix. */
export const deploymentsQuery = pageQuery.extend({
  projectId: z.string().optional(),
  app: z.string().optional(),
  target: z.string().optional(),
  /** Comma list of states. */
  state: z.string().optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  users: z.string().optional(),
  branch: z.string().optional(),
  sha: z.string().optional(),
  rollbackCandidate: z.string().optional(),
});
export type DeploymentsQuery = z.infer<typeof deploymentsQuery>;

/** Body of `POST /v13/deployments`. */
export const createDeploymentBody = z.object({
  /** Project name; some clients put the project's id here. */
  name: z.string().optional(),
  /** Project id. */
  project: z.string().optional(),
  /** Absent for a preview. */
  target: z.string().nullable().optional(),
  customEnvironmentSlugOrId: z.string().optional(),
  files: z.array(fileEntry).optional(),
  /** Rebuild of an earlier deployment, instead of files. */
  deploymentId: z.string().optional(),
  meta: z.record(z.string(), z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  build: z.object({ env: z.record(z.string(), z.string()).optional() }).optional(),
  projectSettings: projectSettingsOfDeployment().optional(),
  gitMetadata: z.record(z.string(), z.unknown()).optional(),
  source: z.string().optional(),
  version: z.number().optional(),
  regions: z.array(z.string()).optional(),
  /** False keeps a production build staged: it gets no host but its own. */
  autoAssignCustomDomains: z.boolean().optional(),
});
export type CreateDeploymentBody = z.infer<typeof createDeploymentBody>;

function projectSettingsOfDeployment() {
  return z.object({
    sourceFilesOutsideRootDirectory: z.boolean().optional(),
    rootDirectory: z.string().nullable().optional(),
    framework: z.string().nullable().optional(),
    buildCommand: z.string().nullable().optional(),
    devCommand: z.string().nullable().optional(),
    installCommand: z.string().nullable().optional(),
    outputDirectory: z.string().nullable().optional(),
    commandForIgnoringBuildStep: z.string().nullable().optional(),
    nodeVersion: z.string().optional(),
  });
}

/** Query of `POST /v13/deployments`; `"1"` switches one on. */
export const createDeploymentQuery = z.object({
  forceNew: z.string().optional(),
  skipAutoDetectionConfirmation: z.string().optional(),
  prebuilt: z.string().optional(),
  withCache: z.string().optional(),
});
export type CreateDeploymentQuery = z.infer<typeof createDeploymentQuery>;

/** Answer of a delete. */
export const deletedDeploymentAnswer = z.object({ uid: z.string(), state: z.literal("DELETED") });
export type DeletedDeploymentAnswer = z.infer<typeof deletedDeploymentAnswer>;

/** Answer of `GET /v11/deployments/{id}/builds`. */
export const buildsAnswer = z.object({
  builds: z.array(
    z.object({
      id: z.string(),
      entrypoint: z.string().nullable(),
      readyState: z.string(),
      createdAt: epochMs,
      readyStateAt: epochMs.optional(),
      output: z.array(z.unknown()),
    }),
  ),
});
export type BuildsAnswer = z.infer<typeof buildsAnswer>;
