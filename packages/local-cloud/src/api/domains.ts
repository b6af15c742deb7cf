import type { Hono } from "hono";
import * as z from "zod";
import type { Project, ProjectDomain } from "../model.js";
import { productionHosts } from "../production.js";
import { bareHost, type World } from "../world.js";
import { ApiError, notFound, readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";

const domainBody = z.looseObject({
  name: z.string().regex(/^[^\s/:]+\.[^\s/:]+$/, "must be a host name"),
  redirect: z.string().nullish(),
  gitBranch: z.string().nullish(),
});

/** Domains of projects. Any host counts as owned and verified: there is no DNS on one machine. */
export function domainRoutes(app: Hono, world: World): void {
  app.get("/domains/:name", (c) => {
    const name = bareHost(c.req.param("name"));
    const { user } = world.identity;
    return c.json({
      domain: {
        id: name,
        name,
        verified: true,
        serviceType: "external",
        nameservers: [],
        intendedNameservers: [],
        createdAt: 0,
        expiresAt: null,
        boughtAt: null,
        transferredAt: null,
        renew: false,
        creator: { id: user.id, username: user.username, email: user.email },
      },
    });
  });

  app.get("/projects/:project/domains", (c) => {
    const project = projectOf(world, c.req.param("project"));
    const domains = project.domains.map((domain) => domainJson(project, domain));
    return c.json({ domains, pagination: { count: domains.length, next: null, prev: null } });
  });

  app.post("/projects/:project/domains", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const body = await readBody(c, domainBody);
    const domain: ProjectDomain = {
      name: bareHost(body.name),
      createdAt: world.clock(),
      redirect: body.redirect ?? null,
      gitBranch: body.gitBranch ?? null,
    };
    checkFree(world, domain.name);
    world.state.transaction(() => {
      const changed = world.state.projects.put({ ...project, domains: [...project.domains, domain] });
      const current = changed.productionDeploymentId;
      if (current && productionHosts(changed).includes(domain.name)) {
        world.production.assign(domain.name, current, changed.id);
      }
    });
    announce(world, "created", project, domain);
    return c.json(domainJson(project, domain));
  });

  app.get("/projects/:project/domains/:domain", (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(domainJson(project, domainOf(project, c.req.param("domain"))));
  });

  app.post("/projects/:project/domains/:domain/verify", (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(domainJson(project, domainOf(project, c.req.param("domain"))));
  });

  app.delete("/projects/:project/domains/:domain", (c) => {
    const project = projectOf(world, c.req.param("project"));
    const domain = domainOf(project, c.req.param("domain"));
    const { name } = domain;
    world.state.transaction(() => {
      world.state.projects.put({
        ...project,
        domains: project.domains.filter((domain) => domain.name !== name),
      });
      const alias = world.production.aliasOf(name);
      if (alias) world.state.aliases.delete(alias.id);
    });
    announce(world, "deleted", project, domain);
    return c.json({});
  });
}

/** Tells webhooks of a change. */
function announce(
  world: World,
  change: "created" | "deleted",
  project: Project,
  domain: ProjectDomain,
): void {
  const { team, user } = world.identity;
  world.happenings.announce(`project.domain.${change}`, project.id, {
    team: { id: team.id },
    user: { id: user.id },
    project: { id: project.id, name: project.name },
    domain: { name: domain.name },
  });
}

function domainOf(project: Project, name: string): ProjectDomain {
  const domain = project.domains.find((one) => one.name === bareHost(name));
  if (!domain) throw notFound(`The domain "${name}"`);
  return domain;
}

function checkFree(world: World, name: string): void {
  const owner = world.state.projects.find((project) => productionHosts(project).includes(name));
  if (owner) {
    throw new ApiError(
      409,
      "domain_already_in_use",
      `The domain "${name}" is in use by the project "${owner.name}".`,
    );
  }
  if (world.state.deployments.find((deployment) => deployment.url === name)) {
    throw new ApiError(409, "domain_already_in_use", `"${name}" is a deployment's own host.`);
  }
}

function domainJson(project: Project, domain: ProjectDomain) {
  return {
    name: domain.name,
    apexName: domain.name.split(".").slice(-2).join("."),
    projectId: project.id,
    redirect: domain.redirect,
    redirectStatusCode: null,
    gitBranch: domain.gitBranch,
    createdAt: domain.createdAt,
    updatedAt: domain.createdAt,
    verified: true,
  };
}
