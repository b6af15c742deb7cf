import type { Hono } from "hono";
import * as z from "zod";
import { frameworkSlugs } from "../build/choose-framework.js";
import { newId } from "../ids.js";
import type { Project } from "../model.js";
import { projectHost } from "../production.js";
import { projectPayload } from "../webhooks/payloads.js";
import type { World } from "../world.js";
import { ApiError, badRequest, readBody } from "./api-error.js";
import { removeDeployment } from "./deployments.js";
import { nextTime, projectOf } from "./lookups.js";
import { pageOf } from "./paging.js";
import { projectJson } from "./project-shape.js";

const NAME = /^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$/;
/** Members of a project that only the cloud itself may set. */
const OWN = new Set([
  "id",
  "name",
  "accountId",
  "createdAt",
  "updatedAt",
  "alias",
  "targets",
  "lastAliasRequest",
  "lastRollbackTarget",
  "rollbackDescription",
  "rollingRelease",
  "environmentVariables",
  "autoAssignCustomDomains",
  "defaultResourceConfig",
  "deploymentExpiration",
  "protectionBypass",
  "instances",
  "environments",
]);

const projectBody = z.looseObject({
  name: z.string().optional(),
  autoAssignCustomDomains: z.boolean().optional(),
});

/** Creating, reading, changing and removing projects. */
export function projectRoutes(app: Hono, world: World): void {
  app.get("/projects", (c) => {
    const search = c.req.query("search")?.toLowerCase() ?? "";
    const found = world.state.projects.filter((project) => project.name.includes(search));
    const { items, pagination } = pageOf(c, found, (project) => project.createdAt);
    return c.json({ projects: items.map((project) => projectJson(world, project)), pagination });
  });

  app.post("/projects", async (c) => {
    const { name, autoAssignCustomDomains, ...settings } = await readBody(c, projectBody);
    if (name === undefined) throw badRequest("The project needs a `name`.");
    await checkFramework(settings["framework"]);
    const project = createProject(world, {
      name,
      settings,
      autoAssignCustomDomains: autoAssignCustomDomains ?? true,
    });
    return c.json(projectJson(world, project));
  });

  app.get("/projects/:project", (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(projectJson(world, project, c.req.query("rollbackInfo") === "true"));
  });

  app.patch("/projects/:project", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { name, autoAssignCustomDomains, ...settings } = await readBody(c, projectBody);
    if (name !== undefined && name !== project.name) checkName(world, name);
    await checkFramework(settings["framework"]);
    return c.json(projectJson(world, changeProject(world, project, name, autoAssignCustomDomains, settings)));
  });

  app.delete("/projects/:project", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    // Without runs first, or the end of one would promote what is to go as well.
    world.state.transaction(() => {
      for (const run of world.state.rollingRuns.filter((one) => one.projectId === project.id)) {
        world.state.rollingRuns.delete(run.id);
      }
    });
    for (const deployment of world.state.deployments.filter((one) => one.projectId === project.id)) {
      await removeDeployment(world, deployment);
    }
    world.state.transaction(() => {
      for (const variable of world.state.env.filter((one) => one.projectId === project.id)) {
        world.state.env.delete(variable.id);
      }
      for (const check of world.state.checks.filter((one) => one.projectId === project.id)) {
        world.state.checks.delete(check.id);
      }
      world.state.projects.delete(project.id);
      world.happenings.announce("project.removed", project.id, projectPayload(world.identity, project));
    });
    return c.body(null, 204);
  });

  app.get("/projects/:project/production-deployment", (c) => {
    const project = projectOf(world, c.req.param("project"));
    const deployment = world.state.deployments.get(project.productionDeploymentId ?? "");
    if (!deployment)
      throw new ApiError(404, "not_found", `The project "${project.name}" has no production deployment.`);
    return c.json({ deployment: { id: deployment.id, url: deployment.url } });
  });
}

/** @throws ApiError 400 for a bad name, 409 for a taken one */
export function createProject(
  world: World,
  wanted: { name: string; settings: Readonly<Record<string, unknown>>; autoAssignCustomDomains?: boolean },
): Project {
  checkName(world, wanted.name);
  const now = nextTime(world, world.state.projects.all());
  return world.state.transaction(() => {
    const made = world.state.projects.put({
      id: newId("prj", world.random),
      name: wanted.name,
      createdAt: now,
      updatedAt: now,
      settings: ownSettings(wanted.settings),
      autoAssignCustomDomains: wanted.autoAssignCustomDomains ?? true,
      lastAliasRequest: null,
      productionDeploymentId: null,
      domains: [],
    });
    world.happenings.announce("project.created", made.id, projectPayload(world.identity, made));
    return made;
  });
}

/** @throws ApiError 400 for a framework that the platform does not know. @param where the member that has it */
export async function checkFramework(framework: unknown, where = "framework"): Promise<void> {
  if (framework === undefined || framework === null) return;
  const known = await frameworkSlugs();
  if (typeof framework === "string" && known.includes(framework)) return;
  throw badRequest(
    `Invalid request: \`${where}\` should be equal to one of the allowed values "${known.join(", ")}".`,
  );
}

function changeProject(
  world: World,
  project: Project,
  name: string | undefined,
  autoAssign: boolean | undefined,
  settings: Readonly<Record<string, unknown>>,
): Project {
  return world.state.transaction(() => {
    const { autoAssignBeforeRollback, ...rest } = project;
    const changed: Project = {
      ...rest,
      name: name ?? project.name,
      updatedAt: world.clock(),
      settings: { ...project.settings, ...ownSettings(settings) },
      autoAssignCustomDomains: autoAssign ?? project.autoAssignCustomDomains,
      // Switching assignment on by hand ends a rollback's pin, as a promotion does.
      ...(autoAssignBeforeRollback !== undefined && autoAssign !== true ? { autoAssignBeforeRollback } : {}),
    };
    world.state.projects.put(changed);
    if (changed.name !== project.name) {
      // The host of the old name is anybody's now; left behind it would show this deployment for ever.
      const old = world.production.aliasOf(projectHost(project.name));
      if (old?.projectId === project.id) world.state.aliases.delete(old.id);
      if (changed.productionDeploymentId) world.production.show(changed, changed.productionDeploymentId);
      const payload = projectPayload(world.identity, changed, project.name);
      world.happenings.announce("project.renamed", project.id, payload);
    }
    return world.state.projects.get(changed.id) ?? changed;
  });
}

function checkName(world: World, name: string): void {
  if (!NAME.test(name)) {
    throw badRequest(
      "A project name has 1 to 100 lower-case letters, digits, '.', '_' and '-', and begins and ends with a letter or digit.",
    );
  }
  const taken = world.state.projects.find(
    (project) => project.name === name || projectHost(project.name) === projectHost(name),
  );
  if (taken) throw new ApiError(409, "conflict", `A project with the name "${taken.name}" already exists.`);
}

function ownSettings(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.has(name)));
  const password = own["passwordProtection"];
  if (typeof password !== "object" || password === null) return own;
  // There is no login page here, so the password itself has no use and is not kept.
  const { password: _, ...rest } = password as Record<string, unknown>;
  return { ...own, passwordProtection: rest };
}
