import type { Hono } from "hono";
import * as z from "zod";
import { InstanceFailure } from "../runtime/instance.js";
import type { World } from "../world.js";
import { ApiError, readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";

const MAX = 32;

/**
 * How many processes a project's production has. Vercel has no such call, as it scales by itself; so these are below
 * `/atoms`, where nothing of Vercel's is.
 */
export function instanceRoutes(app: Hono, world: World): void {
  const shown = (idOrName: string) => {
    const project = projectOf(world, idOrName);
    const deploymentId = project.productionDeploymentId;
    return {
      wanted: project.instances ?? 1,
      deploymentId,
      running: deploymentId === null ? [] : world.fleet.list(deploymentId),
    };
  };

  app.get("/atoms/projects/:project/instances", (c) => c.json(shown(c.req.param("project"))));

  app.put("/atoms/projects/:project/instances", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { count } = await readBody(c, z.looseObject({ count: z.number().int().min(1).max(MAX) }));
    const changed = world.state.projects.put({ ...project, instances: count, updatedAt: world.clock() });
    const deployment = world.state.deployments.get(changed.productionDeploymentId ?? "");
    try {
      if (deployment) await world.fleet.scale(deployment);
    } catch (error) {
      if (!(error instanceof InstanceFailure)) throw error;
      const message = `The wish for ${count} processes is kept, but none could be started: ${error.message}`;
      throw new ApiError(502, "instance_failed", message);
    }
    return c.json(shown(project.id));
  });
}
