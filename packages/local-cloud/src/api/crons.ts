import type { Hono } from "hono";
import * as z from "zod";
import type { Project } from "../model.js";
import { projectHost } from "../production.js";
import type { World } from "../world.js";
import { notFound, readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";

/** Runs a cron job of production now, without waiting for its time, as `vercel crons run` asks for. */
export function cronRoutes(app: Hono, world: World): void {
  app.post("/projects/:project/crons/run", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { path } = await readBody(c, z.looseObject({ path: z.string() }));
    const deployment = world.state.deployments.get(project.productionDeploymentId ?? "");
    const job = deployment?.output?.crons?.find((one) => one.path === path);
    if (!deployment || !job) throw notFound(`A cron job "${path}" of production`);
    world.crons.begin(deployment, job);
    return c.json({ invocationAt: world.clock() });
  });
}

/** The cron jobs of a project, which are those of its production deployment, as projects show them. */
export function cronsJson(world: World, project: Project) {
  const deployment = world.state.deployments.get(project.productionDeploymentId ?? "");
  if (!deployment?.output?.crons) return {};
  const host = project.domains[0]?.name ?? projectHost(project.name);
  const at = deployment.promotedAt ?? deployment.createdAt;
  return {
    crons: {
      enabledAt: at,
      disabledAt: null,
      updatedAt: at,
      deploymentId: deployment.id,
      definitions: deployment.output.crons.map(({ path, schedule }) => ({ host, path, schedule })),
    },
  };
}
