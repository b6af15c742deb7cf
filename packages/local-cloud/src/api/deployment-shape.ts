import type { Deployment } from "../model.js";
import type { World } from "../world.js";

/**
 * `STAGED` has never served production, `PROMOTED` has, `ROLLING` is the canary of a run; null where the word does not
 * apply.
 */
export function readySubstate(
  world: World,
  deployment: Deployment,
): "STAGED" | "ROLLING" | "PROMOTED" | null {
  if (deployment.readyState !== "READY") return null;
  if (world.production.rolling.active(deployment.projectId)?.canaryDeploymentId === deployment.id)
    return "ROLLING";
  if (deployment.promotedAt !== null) return "PROMOTED";
  return deployment.target === "production" ? "STAGED" : null;
}

/** Who made a deployment: the cloud's one user. */
export function creatorOf(world: World) {
  const { user } = world.identity;
  return { uid: user.id, username: user.username, email: user.email };
}

function aliasesOf(world: World, deployment: Deployment): string[] {
  return world.state.aliases
    .filter((alias) => alias.deploymentId === deployment.id)
    .map((alias) => alias.alias);
}

/** The state of the checks that its hosts wait for; nothing when there are none. */
function checksJson(world: World, deployment: Deployment) {
  const { state, startedAt, completedAt } = world.production.checks.summary(deployment.id);
  if (state === null) return {};
  const done = state !== "pending";
  return {
    checks: {
      "deployment-alias": {
        state,
        ...(startedAt === null ? {} : { startedAt }),
        ...(completedAt === null ? {} : { completedAt }),
      },
    },
    checksState: done ? "completed" : "running",
    ...(done ? { checksConclusion: state } : {}),
  };
}

/** What both forms of a deployment share. */
function common(world: World, deployment: Deployment) {
  const substate = readySubstate(world, deployment);
  return {
    id: deployment.id,
    name: deployment.name,
    url: deployment.url,
    projectId: deployment.projectId,
    type: "LAMBDAS",
    readyState: deployment.readyState,
    ...(substate ? { readySubstate: substate } : {}),
    target: deployment.target,
    ...(deployment.source ? { source: deployment.source } : {}),
    createdAt: deployment.createdAt,
    created: deployment.createdAt,
    ...(deployment.buildingAt !== null ? { buildingAt: deployment.buildingAt } : {}),
    ...(deployment.readyAt !== null ? { ready: deployment.readyAt, readyAt: deployment.readyAt } : {}),
    ...(deployment.canceledAt !== null ? { canceledAt: deployment.canceledAt } : {}),
    ...(deployment.errorCode !== null
      ? {
          errorCode: deployment.errorCode,
          errorMessage: deployment.errorMessage,
          errorStep: deployment.errorStep,
        }
      : {}),
    creator: creatorOf(world),
    inspectorUrl: null,
    meta: deployment.meta,
    aliasError: deployment.aliasError,
    ...checksJson(world, deployment),
    ...(deployment.aliasAssignedAt !== null ? { aliasAssignedAt: deployment.aliasAssignedAt } : {}),
    ...(deployment.customEnvironmentId ? { customEnvironment: { id: deployment.customEnvironmentId } } : {}),
  };
}

/** A deployment as create, get and cancel answer it. */
export function deploymentJson(world: World, deployment: Deployment) {
  const { team } = world.identity;
  return {
    ...common(world, deployment),
    ownerId: team.id,
    status: deployment.readyState,
    aliasAssigned: deployment.aliasAssignedAt !== null,
    alias: aliasesOf(world, deployment),
    plan: "enterprise",
    version: 2,
    buildingAt: deployment.buildingAt ?? deployment.createdAt,
    bootedAt: deployment.buildingAt ?? deployment.createdAt,
    ready: deployment.readyAt ?? 0,
    env: deployment.envNames,
    build: { env: deployment.buildEnvNames },
    projectSettings: deployment.projectSettings,
    project: {
      id: deployment.projectId,
      name: deployment.name,
      framework: world.state.projects.get(deployment.projectId)?.settings["framework"] ?? null,
    },
    regions: deployment.regions,
    routes: null,
    ...(deployment.output?.crons ? { crons: deployment.output.crons } : {}),
    public: false,
    createdIn: "local",
    buildSkipped: false,
    isInConcurrentBuildsQueue: deployment.readyState === "QUEUED",
    isInSystemBuildsQueue: false,
    autoAssignCustomDomains: deployment.autoAssignCustomDomains,
    team: { id: team.id, name: team.name, slug: team.slug },
    ...(Object.keys(deployment.git).length > 0 ? { gitMetadata: deployment.git } : {}),
  };
}

/** A deployment as lists show it. */
export function deploymentItem(world: World, deployment: Deployment) {
  const project = world.state.projects.get(deployment.projectId);
  const isCurrent = project?.productionDeploymentId === deployment.id;
  return {
    ...common(world, deployment),
    uid: deployment.id,
    state: deployment.readyState,
    aliasAssigned: deployment.aliasAssignedAt ?? false,
    isRollbackCandidate: deployment.promotedAt !== null && deployment.readyState === "READY" && !isCurrent,
  };
}
