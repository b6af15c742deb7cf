import type { Project } from "../model.js";
import type { World } from "../world.js";
import { readySubstate } from "./deployment-shape.js";
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
    targets: production
      ? {
          production: {
            id: production.id,
            url: production.url,
            name: production.name,
            target: production.target,
            readyState: production.readyState,
            readySubstate: readySubstate(world, production),
            createdAt: production.createdAt,
            alias: world.state.aliases
              .filter((one) => one.deploymentId === production.id)
              .map((one) => one.alias),
          },
        }
      : {},
    defaultResourceConfig: resources,
    resourceConfig: resources,
    deploymentExpiration: {},
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
      deployment: { id: alias.deploymentId },
    }));
}
