import type { Deployment, Project } from "../model.js";
import type { World } from "../world.js";
import { attackModeJson } from "./attack-mode.js";
import { cronsJson } from "./crons.js";
import { creatorOf, readySubstate } from "./deployment-shape.js";
import { bypassJson } from "./protection-bypass.js";
import { rollingConfigJson } from "./rolling-release.js";

const NODE_VERSION = "24.x";

/** A project as the official clients need it. */
export function projectJson(world: World, project: Project, withRollback = false) {
  const { team } = world.identity;
  const production = project.productionDeploymentId
    ? world.state.deployments.get(project.productionDeploymentId)
    : null;
  const rolledBack = project.autoAssignBeforeRollback !== undefined;
  const resources = {
    fluid: false,
    functionDefaultRegions: ["local"],
    functionDefaultTimeout: 300,
    elasticConcurrencyEnabled: false,
  };
  return {
    framework: null,
    nodeVersion: NODE_VERSION,
    rootDirectory: null,
    buildCommand: null,
    installCommand: null,
    outputDirectory: null,
    devCommand: null,
    ...project.settings,
    id: project.id,
    name: project.name,
    accountId: team.id,
    createdAt: project.createdAt,
    updatedAt: project.updatedAt,
    autoAssignCustomDomains: project.autoAssignCustomDomains,
    alias: aliasesOf(world, project),
    targets: production ? { production: targetJson(world, production) } : {},
    defaultResourceConfig: resources,
    resourceConfig: resources,
    deploymentExpiration: {},
    ...(project.bypass && project.bypass.length > 0 ? { protectionBypass: bypassJson(world, project) } : {}),
    ...cronsJson(world, project),
    ...(project.attackMode ? { security: attackModeJson(project) } : {}),
    lastAliasRequest: project.lastAliasRequest,
    // The official CLI takes any value that is not null as "rolling releases are on".
    ...(project.rollingConfig ? { rollingRelease: rollingConfigJson(project.rollingConfig) } : {}),
    lastRollbackTarget:
      withRollback && rolledBack && production
        ? { id: production.id, url: production.url, createdAt: production.createdAt }
        : null,
    ...(rolledBack && project.rollbackDescription
      ? { rollbackDescription: rollbackDescription(world, project) }
      : {}),
  };
}

/** The deployment that production stands at, as the official SDK insists on it. */
function targetJson(world: World, deployment: Deployment) {
  const substate = readySubstate(world, deployment);
  return {
    id: deployment.id,
    url: deployment.url,
    name: deployment.name,
    target: deployment.target,
    type: "LAMBDAS",
    plan: "enterprise",
    readyState: deployment.readyState,
    ...(substate ? { readySubstate: substate } : {}),
    createdAt: deployment.createdAt,
    createdIn: "local",
    creator: creatorOf(world),
    deploymentHostname: deployment.url,
    private: false,
    userId: world.identity.user.id,
    meta: deployment.meta,
    alias: world.state.aliases.filter((one) => one.deploymentId === deployment.id).map((one) => one.alias),
  };
}

function rollbackDescription(world: World, project: Project) {
  const { user } = world.identity;
  return {
    userId: user.id,
    username: user.username,
    description: project.rollbackDescription,
    createdAt: project.lastAliasRequest?.requestedAt ?? project.updatedAt,
  };
}

function aliasesOf(world: World, project: Project) {
  return world.state.aliases
    .filter(
      (alias) => alias.projectId === project.id && alias.deploymentId === project.productionDeploymentId,
    )
    .map((alias) => ({
      domain: alias.alias,
      target: "PRODUCTION",
      environment: "production",
      createdAt: alias.createdAt,
      configuredBy: "A",
      // Null, or the official SDK asks for a whole deployment here too.
      deployment: null,
    }));
}
