import type { Hono } from "hono";
import * as z from "zod";
import { newId } from "../ids.js";
import type { EnvVariable, Project } from "../model.js";
import { variablePayload } from "../webhooks/payloads.js";
import { findDeployment, type World } from "../world.js";
import { ApiError, badRequest, notFound, readBody } from "./api-error.js";
import { environmentOf, findEnvironment } from "./custom-environments.js";
import { variablesFor } from "./env-values.js";
import { projectOf } from "./lookups.js";

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
const VALUE_MAX = 64 * 1024;

const target = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .pipe(z.array(z.enum(["production", "preview", "development"])));
const newVariable = z.looseObject({
  key: z.string().regex(KEY, "must be letters, digits and _, not beginning with a digit"),
  value: z.string().max(VALUE_MAX),
  type: z.enum(["plain", "encrypted", "sensitive", "secret", "system"]).default("encrypted"),
  target: target.default([]),
  customEnvironmentIds: z.array(z.string()).default([]),
  gitBranch: z.string().nullish(),
  comment: z.string().nullish(),
  visibility: z.string().nullish(),
});
type NewVariable = z.infer<typeof newVariable>;
const change = newVariable.partial().extend({
  target: target.optional(),
  customEnvironmentIds: z.array(z.string()).optional(),
  type: newVariable.shape.type.unwrap().optional(),
});

/** Environment variables of projects. They reach deployments that are created later, never those that exist. */
export function envRoutes(app: Hono, world: World): void {
  app.get("/projects/:project/env", (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { target: wanted, gitBranch, decrypt, customEnvironmentId, customEnvironmentSlug } = c.req.query();
    const custom = customEnvironmentId || customEnvironmentSlug;
    const envs = ofProject(world, project).filter(
      (variable) =>
        (!wanted || reaches(project, variable, wanted)) &&
        (!custom || variable.customEnvironmentIds.includes(environmentOf(project, custom).id)) &&
        (!gitBranch || variable.gitBranch === gitBranch),
    );
    return c.json({
      envs: envs.map((variable) => variableJson(world, variable, decrypt === "true" || decrypt === "1")),
      pagination: { count: envs.length, next: null, prev: null },
    });
  });

  app.post("/projects/:project/env", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const body = await readBody(c, z.unknown());
    // Not a union of the two: it could not say what is wrong with either.
    const wanted = Array.isArray(body) ? z.array(newVariable).parse(body) : [newVariable.parse(body)];
    const upsert = c.req.query("upsert") === "true" || c.req.query("upsert") === "1";
    const known = new Set(ofProject(world, project).map(({ id }) => id));
    const created = world.state.transaction(() => {
      const stored = wanted.map((variable) => store(world, project, variable, upsert));
      for (const one of stored) announce(world, known.has(one.id) ? "updated" : "created", one);
      return stored;
    });
    const shown = created.map((variable) => variableJson(world, variable, false));
    return c.json({ created: Array.isArray(body) ? shown : shown[0], failed: [] }, 201);
  });

  app.get("/projects/:project/env/:id", (c) => {
    return c.json(variableJson(world, variableOf(world, c.req.param("project"), c.req.param("id")), true));
  });

  app.patch("/projects/:project/env/:id", async (c) => {
    const known = variableOf(world, c.req.param("project"), c.req.param("id"));
    const body = await readBody(c, change);
    if (known.type === "sensitive" && body.type !== undefined && body.type !== "sensitive") {
      throw badRequest("A sensitive variable cannot become readable. Remove it and add it anew.");
    }
    const next: EnvVariable = {
      ...known,
      key: body.key ?? known.key,
      sealedValue: body.value === undefined ? known.sealedValue : world.seal.close(body.value),
      type: body.type ?? known.type,
      target: body.target ?? known.target,
      customEnvironmentIds: body.customEnvironmentIds ?? known.customEnvironmentIds,
      gitBranch: body.gitBranch === undefined ? known.gitBranch : body.gitBranch,
      comment: body.comment === undefined ? known.comment : body.comment,
      visibility: body.visibility === undefined ? known.visibility : body.visibility,
      updatedAt: world.clock(),
    };
    checkReach(next);
    const project = projectOf(world, c.req.param("project"));
    const [rival] = rivalsOf(world, project, next).filter(({ id }) => id !== known.id);
    if (rival) throw conflict(project, rival);
    world.state.transaction(() => announce(world, "updated", world.state.env.put(next)));
    return c.json(variableJson(world, next, false));
  });

  app.delete("/projects/:project/env", async (c) => {
    const project = c.req.param("project");
    const { ids } = await readBody(c, z.looseObject({ ids: z.array(z.string()).min(1) }));
    const known = ids.map((id) => variableOf(world, project, id));
    world.state.transaction(() => {
      for (const variable of known) remove(world, variable);
    });
    return c.json({ deleted: ids.length, ids });
  });

  app.delete("/projects/:project/env/:id", (c) => {
    const known = variableOf(world, c.req.param("project"), c.req.param("id"));
    world.state.transaction(() => remove(world, known));
    return c.json(variableJson(world, known, false));
  });

  app.get("/env/pull/:source/:target/:branch?", (c) => {
    const source = c.req.param("source");
    const project = projectOf(world, findDeployment(world, source)?.projectId ?? source);
    const readable = (variable: EnvVariable) => variable.type !== "sensitive";
    const branch = c.req.param("branch") ?? null;
    const target = c.req.param("target");
    const environment = findEnvironment(project, target)?.id ?? target;
    const env = variablesFor(world, project, environment, branch, readable);
    return c.json({ env, buildEnv: env });
  });
}

/** Tells webhooks of a change. */
function announce(world: World, change: "created" | "updated" | "deleted", variable: EnvVariable): void {
  const payload = variablePayload(world.identity, variable);
  world.happenings.announce(`project.env-variable.${change}`, variable.projectId, payload);
}

/** Call inside a transaction. */
function remove(world: World, variable: EnvVariable): void {
  world.state.env.delete(variable.id);
  announce(world, "deleted", variable);
}

function ofProject(world: World, project: Project): EnvVariable[] {
  return world.state.env.filter((variable) => variable.projectId === project.id);
}

function variableOf(world: World, projectName: string, id: string): EnvVariable {
  const project = projectOf(world, projectName);
  const variable = world.state.env.get(id);
  if (!variable || variable.projectId !== project.id) throw notFound(`The environment variable "${id}"`);
  return variable;
}

/** True when a variable is for the environment, given by name, or by a custom one's slug or id. */
function reaches(project: Project, variable: EnvVariable, environment: string): boolean {
  return (
    variable.target.includes(environment) ||
    variable.customEnvironmentIds.includes(findEnvironment(project, environment)?.id ?? environment)
  );
}

type Reach = Pick<EnvVariable, "key" | "gitBranch" | "target" | "customEnvironmentIds">;

/** The variables of the same name that reach one of the same environments. */
function rivalsOf(world: World, project: Project, wanted: Reach): EnvVariable[] {
  return ofProject(world, project).filter(
    (known) =>
      known.key === wanted.key &&
      known.gitBranch === wanted.gitBranch &&
      (known.target.some((one) => wanted.target.includes(one)) ||
        known.customEnvironmentIds.some((one) => wanted.customEnvironmentIds.includes(one))),
  );
}

/** @throws ApiError 400 for a variable that would reach no environment */
function checkReach({ key, target, customEnvironmentIds }: Reach): void {
  if (target.length === 0 && customEnvironmentIds.length === 0)
    throw badRequest(`The variable "${key}" needs a \`target\`.`);
}

function conflict(project: Project, { id, key, target, customEnvironmentIds }: EnvVariable): ApiError {
  const names = [...target, ...customEnvironmentIds.map((one) => findEnvironment(project, one)?.slug ?? one)];
  return new ApiError(
    400,
    "ENV_CONFLICT",
    `A variable with the name "${key}" already exists for the target ${names.join(", ")}.`,
    { key, target, envVarId: id },
  );
}

/**
 * Keeps a new variable. An upsert takes the place of those of the same name in the environments that it is for; in other
 * environments they stay what they are.
 * @throws ApiError 400 when the key already exists for one of the targets, unless `upsert`
 */
function store(world: World, project: Project, wanted: NewVariable, upsert: boolean): EnvVariable {
  const { key, target, customEnvironmentIds } = wanted;
  const reach: Reach = { key, target, customEnvironmentIds, gitBranch: wanted.gitBranch ?? null };
  checkReach(reach);
  const rivals = rivalsOf(world, project, reach);
  if (rivals[0] && !upsert) throw conflict(project, rivals[0]);
  const now = world.clock();
  const replaced: EnvVariable[] = [];
  for (const rival of rivals) {
    const left = {
      target: rival.target.filter((one) => !(target as string[]).includes(one)),
      customEnvironmentIds: rival.customEnvironmentIds.filter((one) => !customEnvironmentIds.includes(one)),
    };
    if (left.target.length + left.customEnvironmentIds.length > 0)
      world.state.env.put({ ...rival, ...left, updatedAt: now });
    else replaced.push(rival);
  }
  for (const { id } of replaced.slice(1)) world.state.env.delete(id);
  return world.state.env.put({
    ...reach,
    id: replaced[0]?.id ?? newId("env", world.random),
    projectId: project.id,
    sealedValue: world.seal.close(wanted.value),
    type: wanted.type,
    comment: wanted.comment ?? null,
    visibility: wanted.visibility ?? null,
    createdAt: replaced[0]?.createdAt ?? now,
    updatedAt: now,
  });
}

/** A sensitive value is never shown, whatever is asked. */
function variableJson(world: World, variable: EnvVariable, decrypt: boolean) {
  const { sealedValue, projectId: _, gitBranch, comment, visibility, ...shown } = variable;
  const readable = variable.type === "plain" || (decrypt && variable.type !== "sensitive");
  return {
    ...shown,
    ...(gitBranch === null ? {} : { gitBranch }),
    ...(comment === null ? {} : { comment }),
    ...(visibility === null ? {} : { visibility }),
    value: readable ? world.seal.reveal(sealedValue) : variable.type === "sensitive" ? "" : sealedValue,
    decrypted: readable,
    securityIssues: [],
    configurationId: null,
  };
}
