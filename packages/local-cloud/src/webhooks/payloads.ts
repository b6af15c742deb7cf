import type { Deployment, Identity, RollingRun } from "../model.js";
import { canaryPercentage } from "../rolling/stages.js";

/** Payload of the `deployment.*` events. */
export function deploymentPayload(
  identity: Identity,
  deployment: Deployment,
  alias: readonly string[] | null,
) {
  return {
    team: { id: identity.team.id },
    user: { id: identity.user.id },
    ...(alias === null ? {} : { alias }),
    deployment: { id: deployment.id, meta: deployment.meta, url: deployment.url, name: deployment.name },
    links: { deployment: `http://${deployment.url}`, project: `http://${deployment.name}.localhost` },
    target: deployment.target,
    project: { id: deployment.projectId },
    plan: "enterprise",
    regions: deployment.regions,
  };
}

/** Payload of `deployment.cleanup`. @param alias the hosts that were pointed at it */
export function cleanupPayload(identity: Identity, deployment: Deployment, alias: readonly string[]) {
  const { id, meta, url, name, target, customEnvironmentId, regions } = deployment;
  return {
    team: { id: identity.team.id },
    user: { id: identity.user.id },
    deployment: {
      id,
      meta,
      url,
      name,
      alias,
      target,
      ...(customEnvironmentId === null ? {} : { customEnvironmentId }),
      regions,
    },
    project: { id: deployment.projectId },
  };
}

/** Payload of `deployment.checkrun.start`. Of the deployment only the id is certain to be told. */
export function checkRunPayload<R extends { readonly deploymentId: string }>(
  identity: Identity,
  projectId: string,
  checkRun: R,
) {
  return {
    team: { id: identity.team.id },
    user: { id: identity.user.id },
    project: { id: projectId },
    deployment: { id: checkRun.deploymentId },
    checkRun,
  };
}

/** Payload of `deployment.rollback`. */
export function rollbackPayload(identity: Identity, projectId: string, from: string | null, to: string) {
  return {
    team: { id: identity.team.id },
    user: { id: identity.user.id },
    project: { id: projectId },
    fromDeploymentId: from,
    toDeploymentId: to,
  };
}

/** Payload of the `project.rolling-release.*` events. */
export function rollingPayload(
  identity: Identity,
  projectName: string,
  run: RollingRun,
  before: RollingRun | null,
  now: number,
) {
  return {
    team: { id: identity.team.id },
    user: { id: identity.user.id },
    project: { id: run.projectId },
    projectId: run.projectId,
    projectName,
    userId: identity.user.id,
    rollingRelease: runForm(identity, run, now),
    prevRollingRelease: before === null ? null : runForm(identity, before, now),
  };
}

/** A run in the form of webhooks, which is another than the API's. */
function runForm(identity: Identity, run: RollingRun, now: number) {
  return {
    projectId: run.projectId,
    ownerId: identity.team.id,
    deploymentIds: [run.baseDeploymentId, run.canaryDeploymentId],
    state: run.state,
    activeStageIndex: run.state === "ABORTED" ? null : run.activeIndex,
    default: {
      baseDeploymentId: run.baseDeploymentId,
      targetDeploymentId: run.canaryDeploymentId,
      ...(run.state === "ABORTED" ? {} : { targetPercentage: canaryPercentage(run, now) }),
      targetStartAt: run.startedAt,
      targetUpdatedAt: run.updatedAt,
    },
    config: { target: "production", stages: run.config.stages },
    writtenBy: run.writtenBy,
  };
}
