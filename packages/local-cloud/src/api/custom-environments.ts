import type { Hono } from "hono";
import * as z from "zod";
import { newId } from "../ids.js";
import type { CustomEnvironment, Project } from "../model.js";
import type { World } from "../world.js";
import { ApiError, notFound, readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";

const RESERVED = new Set(["production", "preview", "development"]);
const environmentBody = z.looseObject({
  slug: z.string().regex(/^[a-z0-9-]{1,32}$/, "must be 1 to 32 lower-case letters, digits and '-'"),
  description: z.string().default(""),
});

/** Environments of a project beside production, preview and development. */
export function customEnvironmentRoutes(app: Hono, world: World): void {
  const base = "/projects/:project/custom-environments";

  app.get(base, (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json({
      accountLimit: { total: ENVIRONMENTS_MAX },
      environments: (project.environments ?? []).map(environmentJson),
    });
  });

  app.post(base, async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { slug, description } = await readBody(c, environmentBody);
    const known = project.environments ?? [];
    if (RESERVED.has(slug) || known.some((one) => one.slug === slug)) {
      throw new ApiError(409, "conflict", `An environment with the slug "${slug}" already exists.`);
    }
    const now = world.clock();
    const made = { id: newId("env", world.random), slug, description, createdAt: now, updatedAt: now };
    world.state.projects.put({ ...project, environments: [...known, made] });
    return c.json(environmentJson(made), 201);
  });

  app.get(`${base}/:environment`, (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(environmentJson(environmentOf(project, c.req.param("environment"))));
  });

  app.patch(`${base}/:environment`, async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const known = environmentOf(project, c.req.param("environment"));
    const body = await readBody(c, environmentBody.partial());
    const changed = {
      ...known,
      slug: body.slug ?? known.slug,
      description: body.description ?? known.description,
      updatedAt: world.clock(),
    };
    const environments = (project.environments ?? []).map((one) => (one.id === known.id ? changed : one));
    world.state.projects.put({ ...project, environments });
    return c.json(environmentJson(changed));
  });

  app.delete(`${base}/:environment`, (c) => {
    const project = projectOf(world, c.req.param("project"));
    const known = environmentOf(project, c.req.param("environment"));
    const environments = (project.environments ?? []).filter((one) => one.id !== known.id);
    world.state.projects.put({ ...project, environments });
    return c.json(environmentJson(known));
  });
}

/** Shown because the official client insists on a limit; none is enforced. */
const ENVIRONMENTS_MAX = 1_000;

/** The project's custom environment of this slug or id, if there is one. */
export const findEnvironment = (
  project: Project | undefined,
  slugOrId: string,
): CustomEnvironment | undefined =>
  project?.environments?.find((one) => one.id === slugOrId || one.slug === slugOrId);

/** @throws ApiError 404 */
export function environmentOf(project: Project, slugOrId: string): CustomEnvironment {
  const found = findEnvironment(project, slugOrId);
  if (!found) throw notFound(`The environment "${slugOrId}"`);
  return found;
}

function environmentJson(environment: CustomEnvironment) {
  return { ...environment, type: "preview", domains: [] };
}
