import type { Context, Hono } from "hono";
import * as z from "zod";
import type { Alias } from "../model.js";
import { bareHost, type World } from "../world.js";
import { ApiError, notFound, readBody } from "./api-error.js";
import { deploymentOf } from "./lookups.js";
import { pageOf } from "./paging.js";

const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+$/;

/** Hosts that are pointed at deployments. */
export function aliasRoutes(app: Hono, world: World): void {
  app.get("/aliases", (c) => {
    const { projectId, domain } = c.req.query();
    const found = world.state.aliases.filter(
      (alias) =>
        (!projectId || alias.projectId === projectId) && (!domain || domain.split(",").includes(alias.alias)),
    );
    const { items, pagination } = pageOf(c, found, (alias) => alias.updatedAt);
    return c.json({ aliases: items.map((alias) => aliasJson(world, alias)), pagination });
  });

  app.get("/aliases/:alias", (c) => c.json(aliasJson(world, aliasOf(world, c))));

  app.delete("/aliases/:alias", (c) => {
    world.state.aliases.delete(aliasOf(world, c).id);
    return c.json({ status: "SUCCESS" });
  });

  app.get("/deployments/:id/aliases", (c) => {
    const deployment = deploymentOf(world, c.req.param("id"));
    const aliases = world.state.aliases.filter((alias) => alias.deploymentId === deployment.id);
    return c.json({ aliases: aliases.map((alias) => aliasJson(world, alias)) });
  });

  app.post("/deployments/:id/aliases", async (c) => {
    const deployment = deploymentOf(world, c.req.param("id"));
    const { alias: wanted } = await readBody(c, z.looseObject({ alias: z.string() }));
    const host = aliasHost(world, wanted, deployment.projectId);
    if (deployment.readyState !== "READY") {
      throw new ApiError(
        400,
        "deployment_not_ready",
        "The deployment is not ready and cannot be given an alias.",
      );
    }
    const { alias, before } = world.state.transaction(() =>
      world.production.assign(host, deployment.id, deployment.projectId),
    );
    return c.json({
      uid: alias.id,
      alias: alias.alias,
      created: new Date(alias.createdAt).toISOString(),
      ...(before !== null && before !== deployment.id ? { oldDeploymentId: before } : {}),
    });
  });
}

function aliasOf(world: World, c: Context): Alias {
  const name = c.req.param("alias") ?? "";
  const alias = world.state.aliases.get(name) ?? world.production.aliasOf(bareHost(name));
  if (!alias) throw notFound(`The alias "${name}"`);
  return alias;
}

/** A word without dots means a host below `localhost`. @throws ApiError for what cannot be a host, or is not free */
function aliasHost(world: World, wanted: string, projectId: string): string {
  const plain = bareHost(wanted.trim().replace(/^https?:\/\//, ""));
  const host = plain.includes(".") ? plain : `${plain}.localhost`;
  if (!HOST.test(host)) throw new ApiError(400, "invalid_alias", `"${wanted}" is not a host name.`);
  if (world.state.deployments.find((deployment) => deployment.url === host)) {
    throw new ApiError(
      403,
      "alias_in_use",
      `"${host}" is a deployment's own host and cannot be pointed elsewhere.`,
    );
  }
  const owner = world.state.projects.find((project) =>
    project.domains.some((domain) => domain.name === host),
  );
  if (owner && owner.id !== projectId) {
    throw new ApiError(403, "alias_in_use", `"${host}" is a domain of the project "${owner.name}".`);
  }
  return host;
}

function aliasJson(world: World, alias: Alias) {
  const deployment = world.state.deployments.get(alias.deploymentId);
  const { user } = world.identity;
  return {
    uid: alias.id,
    alias: alias.alias,
    created: new Date(alias.createdAt).toISOString(),
    createdAt: alias.createdAt,
    updatedAt: alias.updatedAt,
    deploymentId: alias.deploymentId,
    deployment: deployment
      ? { id: deployment.id, url: deployment.url, meta: "{}" }
      : { id: alias.deploymentId, url: "" },
    projectId: alias.projectId,
    creator: { uid: user.id, username: user.username, email: user.email },
  };
}
