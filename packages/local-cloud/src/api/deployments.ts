import { readFile, rm } from "node:fs/promises";
import type { Context, Hono } from "hono";
import type { Deployment, FileEntry } from "../model.js";
import { cleanupPayload } from "../webhooks/payloads.js";
import type { World } from "../world.js";
import { ApiError } from "./api-error.js";
import { findEnvironment } from "./custom-environments.js";
import { deploymentItem, deploymentJson } from "./deployment-shape.js";
import { fileTree } from "./file-tree.js";
import { deploymentOf } from "./lookups.js";
import { pageOf } from "./paging.js";

/** Reading, canceling and removing deployments. */
export function deploymentRoutes(app: Hono, world: World): void {
  app.get("/deployments", (c) => {
    const found = world.state.deployments.filter((deployment) => passes(c, world, deployment));
    const { items, pagination } = pageOf(c, found, (deployment) => deployment.createdAt);
    return c.json({ deployments: items.map((deployment) => deploymentItem(world, deployment)), pagination });
  });

  app.get("/deployments/:id", (c) => c.json(deploymentJson(world, deploymentOf(world, c.req.param("id")))));

  app.get("/deployments/:id/builds", (c) => {
    const deployment = deploymentOf(world, c.req.param("id"));
    const build = {
      id: deployment.id.replace(/^dpl_/, "bld_"),
      deploymentId: deployment.id,
      entrypoint: ".",
      readyState: deployment.readyState,
      createdAt: deployment.createdAt,
      readyStateAt: deployment.readyAt ?? deployment.createdAt,
      output: [],
    };
    return c.json({ builds: [build] });
  });

  app.get("/deployments/:id/files", async (c) => {
    const { id } = deploymentOf(world, c.req.param("id"));
    return c.json(fileTree(JSON.parse(await readFile(world.places.manifest(id), "utf8")) as FileEntry[]));
  });

  app.patch("/deployments/:id/cancel", async (c) => {
    const { id, readyState } = deploymentOf(world, c.req.param("id"));
    // One that waits for its checks is in no queue.
    const waits = readyState === "QUEUED" || readyState === "BUILDING";
    if (!world.builds.isBusy(id) && !waits) {
      throw new ApiError(
        400,
        "not_cancelable",
        `The deployment is ${readyState} and can no longer be canceled.`,
      );
    }
    await world.builds.cancel(id);
    const left = world.state.deployments.get(id)?.readyState;
    if (left === "QUEUED" || left === "BUILDING") {
      world.state.deployments.patch(id, { readyState: "CANCELED", canceledAt: world.clock() });
    }
    const canceled = deploymentOf(world, id);
    world.happenings.emit("deployment", canceled);
    return c.json(deploymentJson(world, canceled));
  });

  app.delete("/deployments/:id", async (c) => {
    const deployment = deploymentOf(world, c.req.param("id"));
    await removeDeployment(world, deployment);
    return c.json({ uid: deployment.id, state: "DELETED" });
  });
}

/**
 * Ends a deployment's build and processes, and removes it with all hosts that are pointed at it. It cannot be brought back,
 * so webhooks are told what the platform tells at the end of the time in which it can.
 */
export async function removeDeployment(world: World, deployment: Deployment): Promise<void> {
  await world.builds.cancel(deployment.id);
  world.state.transaction(() => {
    const aliases = world.state.aliases.filter((one) => one.deploymentId === deployment.id);
    for (const alias of aliases) world.state.aliases.delete(alias.id);
    const project = world.state.projects.get(deployment.projectId);
    if (project?.productionDeploymentId === deployment.id) {
      world.state.projects.put({ ...project, productionDeploymentId: null });
    }
    for (const run of world.state.checkRuns.filter((one) => one.deploymentId === deployment.id)) {
      world.state.checkRuns.delete(run.id);
    }
    world.state.deployments.delete(deployment.id);
    world.production.rolling.forget(deployment.projectId, deployment.id);
    const hosts = aliases.map(({ alias }) => alias);
    const payload = cleanupPayload(world.identity, deployment, hosts);
    world.happenings.announce("deployment.cleanup", deployment.projectId, payload);
  });
  await world.fleet.stop(deployment.id);
  await world.runtimeLogs.of(deployment.id).flush();
  world.runtimeLogs.forget(deployment.id);
  world.builds.logs.forget(deployment.id);
  await rm(world.places.deployment(deployment.id), { recursive: true, force: true });
}

/** The filters of the list calls. */
function passes(c: Context, world: World, deployment: Deployment): boolean {
  const query = c.req.query();
  const project = query["projectId"] || query["app"];
  if (project && deployment.projectId !== project && deployment.name !== project) return false;
  if (query["projectIds"] && !query["projectIds"].split(",").includes(deployment.projectId)) return false;
  if (query["target"] && !isFor(world, deployment, query["target"])) return false;
  if (query["state"] && !query["state"].toUpperCase().split(",").includes(deployment.readyState))
    return false;
  if (query["users"] && !query["users"].split(",").includes(world.identity.user.id)) return false;
  if (query["branch"] && query["branch"] !== deployment.git["commitRef"]) return false;
  if (query["sha"] && query["sha"] !== deployment.git["commitSha"]) return false;
  if (query["rollbackCandidate"] === "true" && !deploymentItem(world, deployment).isRollbackCandidate)
    return false;
  for (const [name, value] of Object.entries(query)) {
    if (name.startsWith("meta-") && deployment.meta[name.slice(5)] !== value) return false;
  }
  return true;
}

/** True when a deployment is for the environment; one of a custom environment is for that, not for previews. */
function isFor(world: World, deployment: Deployment, environment: string): boolean {
  const { customEnvironmentId, projectId, target } = deployment;
  if (customEnvironmentId === null) return environment === (target ?? "preview");
  const meant = findEnvironment(world.state.projects.get(projectId), environment)?.id ?? environment;
  return meant === customEnvironmentId;
}
