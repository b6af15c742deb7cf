import type { Deployment, EnvVariable, Identity, Project, ProjectDomain, RollingRun } from "../model.js";
import { canaryPercentage } from "../rolling/stages.js";

/** Who did it, as every payload says. */
const actors = ({ team, user }: Identity) => ({ team: { id: team.id }, user: { id: user.id } });

/** Payload of the `deployment.*` events. @param alias the hosts that it is to get; null where they are not told */
export function deploymentPayload(
  identity: Identity,
  deployment: Deployment,
  alias: readonly string[] | null,
) {
  return {
    ...actors(identity),
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
    ...actors(identity),
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
    ...actors(identity),
    project: { id: projectId },
    deployment: { id: checkRun.deploymentId },
    checkRun,
  };
}

/** Payload of `deployment.rollback`. */
export function rollbackPayload(identity: Identity, projectId: string, from: string | null, to: string) {
  return {
    ...actors(identity),
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
    ...actors(identity),
    project: { id: run.projectId, name: projectName },
    projectId: run.projectId,
    projectName,
    userId: identity.user.id,
    rollingRelease: runForm(identity, run, now),
    prevRollingRelease: before === null ? null : runForm(identity, before, now),
  };
}

/** Payload of `project.created`, `.removed` and, with the name before, `.renamed`. */
export function projectPayload(identity: Identity, { id, name }: Project, previousName?: string) {
  return {
    ...actors(identity),
    project: { id, name },
    ...(previousName === undefined ? {} : { previousName }),
  };
}

/** Payload of the `project.env-variable.*` events: never a value. */
export function variablePayload(identity: Identity, { id, projectId }: EnvVariable) {
  return { ...actors(identity), projectId, envVarId: id };
}

/** Payload of `project.domain.created` and `.deleted`. */
export function domainPayload(identity: Identity, project: Project, { name }: ProjectDomain) {
  return { ...actors(identity), project: { id: project.id }, domain: { name } };
}

/** Payload of `project.domain.updated`. */
export function domainChangePayload(
  identity: Identity,
  project: Project,
  previous: ProjectDomain,
  next: ProjectDomain,
) {
  return {
    ...actors(identity),
    project: { id: project.id },
    previous: domainForm(previous),
    next: domainForm(next),
  };
}

function domainForm({ name, redirect, redirectStatusCode, gitBranch }: ProjectDomain) {
  return { domain: name, redirect, redirectStatusCode: redirectStatusCode ?? null, gitBranch };
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
