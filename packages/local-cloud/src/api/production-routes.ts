import type { Context, Hono } from "hono";
import * as z from "zod";
import type { Deployment, Project } from "../model.js";
import type { World } from "../world.js";
import { ApiError, notFound, readBody } from "./api-error.js";
import { deploymentOf, projectOf } from "./lookups.js";

/** Promote and instant rollback. Both have happened on every host when the answer is sent. */
export function productionRoutes(app: Hono, world: World): void {
  app.post("/projects/:project/promote/:deployment", (c) => {
    const { project, deployment } = both(c, world);
    const outcome = world.production.promote(project, deployment);
    world.happenings.emit("deployment", deploymentOf(world, deployment.id));
    return c.json({}, outcome === "queued" ? 202 : 201);
  });

  app.post("/projects/:project/rollback/:deployment", (c) => {
    const { project, deployment } = both(c, world);
    world.production.rollback(project, deployment, c.req.query("description") ?? null);
    world.happenings.emit("deployment", deploymentOf(world, deployment.id));
    return c.json({}, 201);
  });

  app.patch("/projects/:project/rollback/:deployment/update-description", async (c) => {
    const { project } = both(c, world);
    const { description } = await readBody(c, z.looseObject({ description: z.string() }));
    if (project.autoAssignBeforeRollback === undefined) {
      throw new ApiError(
        409,
        "not_rolled_back",
        "The project is not rolled back, so there is nothing to describe.",
      );
    }
    world.state.projects.put({ ...project, rollbackDescription: description });
    return c.json({});
  });

  for (const move of ["promote", "rollback"] as const) {
    app.get(`/projects/:project/${move}/aliases`, (c) => {
      const project = projectOf(world, c.req.param("project"));
      const request = project.lastAliasRequest;
      // A move is one transaction: it is done for all hosts or for none, so no host of it can have failed.
      const aliases =
        request?.type === move && c.req.query("failedOnly") !== "true"
          ? world.state.aliases.filter((alias) => alias.deploymentId === request.toDeploymentId)
          : [];
      return c.json({
        aliases: aliases.map(({ id, alias, deploymentId }) => ({
          id,
          status: "completed",
          alias: { alias, deploymentId },
        })),
        pagination: { count: aliases.length, next: null, prev: null },
      });
    });
  }
}

function both(c: Context, world: World): { project: Project; deployment: Deployment } {
  const project = projectOf(world, c.req.param("project") ?? "");
  const deployment = deploymentOf(world, c.req.param("deployment") ?? "");
  if (deployment.projectId !== project.id) {
    throw notFound(`The deployment "${deployment.id}" of the project "${project.name}"`);
  }
  return { project, deployment };
}
