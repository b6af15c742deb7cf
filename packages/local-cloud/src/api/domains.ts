import type { Hono } from "hono";
import * as z from "zod";
import type { Project, ProjectDomain } from "../model.js";
import { productionHosts, projectHost } from "../production.js";
import { domainChangePayload, domainPayload } from "../webhooks/payloads.js";
import { bareHost, type World } from "../world.js";
import { ApiError, badRequest, notFound, readBody } from "./api-error.js";
import { projectOf } from "./lookups.js";
import { pageOf } from "./paging.js";

const changeBody = z.looseObject({
  redirect: z.string().nullish(),
  redirectStatusCode: z.union([z.literal(301), z.literal(302), z.literal(307), z.literal(308)]).nullish(),
  gitBranch: z.string().nullish(),
});
const domainBody = changeBody.extend({
  name: z.string().regex(/^[^\s/:]+\.[^\s/:]+$/, "must be a host name"),
});

/** Domains of projects. Any host counts as owned and verified: there is no DNS on one machine. */
export function domainRoutes(app: Hono, world: World): void {
  app.get("/domains", (c) => {
    const known = world.state.projects.all().flatMap((project) => project.domains);
    const { items, pagination } = pageOf(c, known, (domain) => domain.createdAt);
    const domains = items.map(({ name, createdAt }) => ownedDomain(world, name, createdAt));
    return c.json({ domains, pagination });
  });

  app.get("/domains/:name", (c) => {
    const name = bareHost(c.req.param("name"));
    const known = world.state.projects.all().flatMap((project) => project.domains);
    const createdAt = known.find((domain) => domain.name === name)?.createdAt ?? 0;
    return c.json({ domain: ownedDomain(world, name, createdAt) });
  });

  app.get("/projects/:project/domains", (c) => {
    const project = projectOf(world, c.req.param("project"));
    const domains = project.domains.map((domain) => domainJson(project, domain));
    return c.json({ domains, pagination: { count: domains.length, next: null, prev: null } });
  });

  app.post("/projects/:project/domains", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(domainJson(project, addDomain(world, project, await readBody(c, domainBody))));
  });

  // The older call for the same, which the official command `domains add` makes.
  app.post("/projects/:project/alias", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { domain } = await readBody(c, z.looseObject({ domain: domainBody.shape.name }));
    addDomain(world, project, { name: domain });
    const { domains } = projectOf(world, project.id);
    return c.json(domains.map(({ name, createdAt }) => ({ domain: name, target: "PRODUCTION", createdAt })));
  });

  app.get("/projects/:project/domains/:domain", (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(domainJson(project, domainOf(project, c.req.param("domain"))));
  });

  app.patch("/projects/:project/domains/:domain", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const known = domainOf(project, c.req.param("domain"));
    const { redirect, redirectStatusCode, gitBranch } = await readBody(c, changeBody);
    const changed: ProjectDomain = {
      ...known,
      ...(redirect === undefined ? {} : { redirect: redirect === null ? null : bareHost(redirect) }),
      ...(redirectStatusCode === undefined ? {} : { redirectStatusCode }),
      ...(gitBranch === undefined ? {} : { gitBranch }),
      updatedAt: world.clock(),
    };
    checkRedirect(project, changed);
    const domains = project.domains.map((domain) => (domain.name === known.name ? changed : domain));
    world.state.transaction(() => {
      showAgain(world, world.state.projects.put({ ...project, domains }), changed.name);
      const payload = domainChangePayload(world.identity, project, known, changed);
      world.happenings.announce("project.domain.updated", project.id, payload);
    });
    return c.json(domainJson(project, changed));
  });

  app.post("/projects/:project/domains/:domain/verify", (c) => {
    const project = projectOf(world, c.req.param("project"));
    return c.json(domainJson(project, domainOf(project, c.req.param("domain"))));
  });

  app.delete("/projects/:project/domains/:domain", (c) => {
    const project = projectOf(world, c.req.param("project"));
    removeDomain(world, project, domainOf(project, c.req.param("domain")));
    return c.json({});
  });

  app.get("/domains/:name/project-domains", (c) => {
    const found = usesOf(world, c.req.param("name"));
    const projectDomains = found.map(({ project, domain }) => domainJson(project, domain));
    return c.json({ projectDomains, pagination: { count: found.length, next: null, prev: null } });
  });

  app.get("/domains/:name/config", (c) =>
    c.json({ configuredBy: "A", misconfigured: false, nameservers: [], serviceType: "external" }),
  );

  app.delete("/domains/:name", (c) => {
    const name = c.req.param("name");
    const found = usesOf(world, name);
    if (found.length === 0) throw notFound(`The domain "${name}"`);
    for (const { project, domain } of found) removeDomain(world, project, domain);
    return c.json({ uid: bareHost(name) });
  });
}

/** The domains of projects that are this one, or below it. */
function usesOf(world: World, name: string): { project: Project; domain: ProjectDomain }[] {
  const host = bareHost(name);
  return world.state.projects
    .all()
    .flatMap((project) => project.domains.map((domain) => ({ project, domain })))
    .filter(({ domain }) => domain.name === host || domain.name.endsWith(`.${host}`));
}

/** @throws ApiError 400 for a redirect to nowhere, 409 for a domain that is in use */
function addDomain(world: World, project: Project, body: z.infer<typeof domainBody>): ProjectDomain {
  const domain: ProjectDomain = {
    name: bareHost(body.name),
    createdAt: world.clock(),
    redirect: body.redirect ? bareHost(body.redirect) : null,
    ...(body.redirectStatusCode ? { redirectStatusCode: body.redirectStatusCode } : {}),
    gitBranch: body.gitBranch ?? null,
  };
  checkFree(world, domain.name);
  checkRedirect(project, domain);
  world.state.transaction(() => {
    const changed = world.state.projects.put({ ...project, domains: [...project.domains, domain] });
    showAgain(world, changed, domain.name);
    announce(world, "created", project, domain);
  });
  return domain;
}

function removeDomain(world: World, { id }: Project, domain: ProjectDomain): void {
  const project = projectOf(world, id);
  const { name } = domain;
  world.state.transaction(() => {
    world.state.projects.put({ ...project, domains: project.domains.filter((one) => one.name !== name) });
    const alias = world.production.aliasOf(name);
    if (alias) world.state.aliases.delete(alias.id);
    announce(world, "deleted", project, domain);
  });
}

/** Lets a domain that was added or changed show production, or nothing, as it is due. Call inside a transaction. */
function showAgain(world: World, project: Project, name: string): void {
  const current = project.productionDeploymentId;
  if (productionHosts(project).includes(name)) {
    if (current) world.production.assign(name, current, project.id);
    return;
  }
  const alias = world.production.aliasOf(name);
  if (alias) world.state.aliases.delete(alias.id);
}

/** A domain of the account, as it is shown apart from its project. */
function ownedDomain(world: World, name: string, createdAt: number) {
  const { user, team } = world.identity;
  return {
    id: name,
    name,
    verified: true,
    suffix: false,
    echMode: "auto",
    serviceType: "external",
    nameservers: [],
    intendedNameservers: [],
    teamId: team.id,
    userId: user.id,
    createdAt,
    expiresAt: null,
    boughtAt: null,
    transferredAt: null,
    renew: false,
    creator: { id: user.id, username: user.username, email: user.email },
  };
}

/** Tells webhooks of a change. Call inside its transaction. */
function announce(
  world: World,
  change: "created" | "deleted",
  project: Project,
  domain: ProjectDomain,
): void {
  const payload = domainPayload(world.identity, project, domain);
  world.happenings.announce(`project.domain.${change}`, project.id, payload);
}

function domainOf(project: Project, name: string): ProjectDomain {
  const domain = project.domains.find((one) => one.name === bareHost(name));
  if (!domain) throw notFound(`The domain "${name}"`);
  return domain;
}

/** @throws ApiError 400 unless a redirect leads to another host of the project */
function checkRedirect(project: Project, { name, redirect }: ProjectDomain): void {
  const others = [projectHost(project.name), ...project.domains.map((domain) => domain.name)];
  if (redirect !== null && (redirect === name || !others.includes(redirect)))
    throw badRequest(`"${redirect}" is no other domain of the project, so nothing can be sent there.`);
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
    redirectStatusCode: domain.redirectStatusCode ?? null,
    gitBranch: domain.gitBranch,
    createdAt: domain.createdAt,
    updatedAt: domain.updatedAt ?? domain.createdAt,
    verified: true,
  };
}
