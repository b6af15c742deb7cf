import type { Context, Hono } from "hono";
import * as z from "zod";
import { checkRunJson } from "../checks/check-run-json.js";
import { newId } from "../ids.js";
import type { Check, CheckRun } from "../model.js";
import type { World } from "../world.js";
import { notFound, readBody } from "./api-error.js";
import { deploymentOf, projectOf } from "./lookups.js";

const checkBody = z.looseObject({
  name: z.string().min(1),
  requires: z.enum(["build-ready", "deployment-url", "none"]).default("deployment-url"),
  blocks: z
    .enum(["build-start", "deployment-start", "deployment-alias", "deployment-promotion", "none"])
    .default("deployment-alias"),
  targets: z.array(z.string()).default([]),
  timeout: z.number().positive().max(86_400).default(300),
  isRerequestable: z.boolean().default(false),
  source: z.unknown().optional(),
});
const runBody = z.looseObject({
  status: z.enum(["queued", "running", "completed"]).optional(),
  conclusion: z.enum(["succeeded", "failed", "neutral", "skipped", "canceled", "timeout"]).optional(),
  conclusionText: z.string().optional(),
  externalId: z.string().optional(),
  externalUrl: z.string().optional(),
  output: z.unknown().optional(),
  completedAt: z.number().optional(),
});

/** Checks of projects and their runs: the platform's own gate before traffic. */
export function checkRoutes(app: Hono, world: World): void {
  const { checks: rules } = world.production;
  const { state } = world;

  app.get("/projects/:project/checks", (c) => {
    const project = projectOf(world, c.req.param("project"));
    const checks = state.checks.filter((check) => check.projectId === project.id);
    return c.json({ checks: checks.map((check) => checkJson(world, check)) });
  });

  app.post("/projects/:project/checks", async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const body = await readBody(c, checkBody);
    const now = world.clock();
    const made = state.checks.put({
      id: newId("chk", world.random),
      projectId: project.id,
      ...known(body),
      createdAt: now,
      updatedAt: now,
    });
    return c.json(checkJson(world, made));
  });

  app.get("/projects/:project/checks/:check", (c) => c.json(checkJson(world, checkOf(c, world))));

  app.patch("/projects/:project/checks/:check", async (c) => {
    const check = checkOf(c, world);
    const part = await readBody(c, z.looseObject({}));
    const changed = state.checks.put({
      ...check,
      ...known(checkBody.parse({ ...check, ...part })),
      updatedAt: world.clock(),
    });
    return c.json(checkJson(world, changed));
  });

  app.delete("/projects/:project/checks/:check", (c) => {
    const { id } = checkOf(c, world);
    state.transaction(() => {
      state.checks.delete(id);
      // Nobody will report on its open runs any more, and what they hold up must not wait for their time to be over.
      for (const run of state.checkRuns.filter((one) => one.checkId === id && one.status !== "completed"))
        rules.update(run, {
          status: "completed",
          conclusion: "skipped",
          conclusionText: "The check was removed.",
        });
    });
    return c.json({ success: true });
  });

  app.get("/projects/:project/checks/:check/runs", (c) => {
    const { id } = checkOf(c, world);
    const runs = state.checkRuns.filter((run) => run.checkId === id);
    return c.json({ runs: runs.map((run) => runJson(world, run)) });
  });

  app.get("/deployments/:id/check-runs", (c) => {
    const { id } = deploymentOf(world, c.req.param("id"));
    return c.json({
      runs: state.checkRuns.filter((run) => run.deploymentId === id).map((run) => runJson(world, run)),
    });
  });

  app.post("/deployments/:id/check-runs", async (c) => {
    const deployment = deploymentOf(world, c.req.param("id"));
    const { checkId, ...part } = await readBody(c, runBody.extend({ checkId: z.string() }));
    const check = state.checks.get(checkId);
    if (!check || check.projectId !== deployment.projectId) throw notFound(`The check "${checkId}"`);
    const run = rules.update(rules.start(check, deployment.id), changes(part));
    return c.json(runJson(world, run));
  });

  app.get("/deployments/:id/check-runs/:run", (c) => {
    const { id } = deploymentOf(world, c.req.param("id"));
    const run = state.checkRuns.get(c.req.param("run"));
    if (run?.deploymentId !== id) throw notFound(`The check run "${c.req.param("run")}"`);
    return c.json(runJson(world, run));
  });

  app.patch("/deployments/:id/check-runs/:run", async (c) => {
    const { id } = deploymentOf(world, c.req.param("id"));
    const run = state.checkRuns.get(c.req.param("run"));
    if (run?.deploymentId !== id) throw notFound(`The check run "${c.req.param("run")}"`);
    return c.json(runJson(world, rules.update(run, changes(await readBody(c, runBody)))));
  });
}

function known(body: z.infer<typeof checkBody>): Omit<Check, "id" | "projectId" | "createdAt" | "updatedAt"> {
  const { name, requires, blocks, targets, timeout, isRerequestable, source } = body;
  return { name, requires, blocks, targets, timeout, isRerequestable, source: source ?? { kind: "webhook" } };
}

/** The members that were sent, and no others. */
function changes(body: z.infer<typeof runBody>): Partial<CheckRun> {
  const { status, conclusion, conclusionText, externalId, externalUrl, output, completedAt } = body;
  const all = { status, conclusion, conclusionText, externalId, externalUrl, output, completedAt };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as Partial<CheckRun>;
}

function checkOf(c: Context, world: World): Check {
  const project = projectOf(world, c.req.param("project") ?? "");
  const check = world.state.checks.get(c.req.param("check") ?? "");
  if (check?.projectId !== project.id) throw notFound(`The check "${c.req.param("check")}"`);
  return check;
}

function checkJson(world: World, check: Check) {
  const { kind } = check.source as { kind?: unknown };
  const sourceKind = typeof kind === "string" ? kind : "webhook";
  return { ...check, ownerId: world.identity.team.id, sourceKind };
}

const runJson = (world: World, run: CheckRun) => checkRunJson(world.state, world.identity, run);
