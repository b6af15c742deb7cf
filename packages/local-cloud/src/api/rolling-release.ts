import type { Hono } from "hono";
import * as z from "zod";
import type { ConfiguredStage, Deployment, Project, RollingConfig, RollingRun } from "../model.js";
import { canaryPercentage, stageJson } from "../rolling/stages.js";
import type { World } from "../world.js";
import { ApiError, badRequest, readBody } from "./api-error.js";
import { deploymentOf, projectOf } from "./lookups.js";

const stage = z.looseObject({
  targetPercentage: z.number().min(0).max(100),
  requireApproval: z.boolean().optional(),
  duration: z.number().positive().nullish(),
  linearShift: z.boolean().optional(),
});
/**
 * The platform's own gate. What trips it (the share of errors, what it is compared with, how often it is looked at) is
 * not published, so this cloud takes and shows it and does not act on it. Another type of check would make the official
 * SDK unable to read the configuration.
 */
const gate = z.looseObject({
  enabled: z.boolean(),
  dryRun: z.boolean().optional(),
  action: z.enum(["pause", "rollback"]).optional(),
  failureThreshold: z.number().int().positive().optional(),
  windowSize: z.number().int().positive().optional(),
  checks: z
    .array(
      z.looseObject({ type: z.literal("error-rate-5xx"), minSampleSize: z.number().positive().optional() }),
    )
    .optional(),
});
const configBody = z.looseObject({
  enabled: z.boolean().optional(),
  advancementType: z.enum(["automatic", "manual-approval"]).optional(),
  stages: z.array(stage).optional(),
  canaryResponseHeader: z.boolean().optional(),
  gate: gate.nullish(),
  disableRolloutAction: z.enum(["abort", "complete"]).optional(),
});
type ConfigBody = z.infer<typeof configBody>;
const canaryBody = z.looseObject({ canaryDeploymentId: z.string() });
const approveBody = canaryBody.extend({
  nextStageIndex: z.number().int(),
  activeStageIndex: z.number().int().optional(),
});

/** The platform's own default for skew protection. */
const DAY_SECONDS = 86_400;

/** Rolling releases: configuration and runs. Aborting is a rollback, as on Vercel. */
export function rollingReleaseRoutes(app: Hono, world: World): void {
  const { rolling } = world.production;
  const path = "/projects/:project/rolling-release";
  const documentOf = (run: RollingRun | undefined) => ({ rollingRelease: run ? runJson(world, run) : null });

  app.get(`${path}/config`, (c) => c.json(configJson(projectOf(world, c.req.param("project")))));

  app.patch(`${path}/config`, async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const body = await readBody(c, configBody);
    if (body.enabled === false) {
      resolveRun(world, project, body.disableRolloutAction);
      return c.json(configJson(configure(world, projectOf(world, project.id), null)));
    }
    return c.json(configJson(configure(world, project, configOf(body))));
  });

  app.delete(`${path}/config`, (c) => {
    return c.json(configJson(configure(world, projectOf(world, c.req.param("project")), null)));
  });

  app.get(`${path}/billing`, (c) => {
    projectOf(world, c.req.param("project"));
    return c.json({
      reason: "unlimited_slots",
      availableSlots: "unlimited",
      message: "The local cloud does not limit rolling releases.",
    });
  });

  app.get(path, (c) => {
    const wanted = c.req.query("state");
    const run = rolling.latest(projectOf(world, c.req.param("project")).id);
    return c.json(documentOf(wanted && run?.state !== wanted ? undefined : run));
  });

  app.post(`${path}/start`, async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { canaryDeploymentId } = await readBody(c, canaryBody);
    const canary = deploymentOf(world, canaryDeploymentId);
    if (canary.projectId !== project.id) throw badRequest("The deployment belongs to another project.");
    const config = project.rollingConfig;
    if (!config)
      throw new ApiError(
        400,
        "rolling_release_disabled",
        "Rolling releases are not configured for this project.",
      );
    const run = world.state.transaction(() => rolling.start(project, config, canary, "start"));
    return c.json(documentOf(run));
  });

  app.post(`${path}/approve-stage`, async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const body = await readBody(c, approveBody);
    return c.json(documentOf(rolling.approve(project, body.canaryDeploymentId, body.nextStageIndex)));
  });

  app.post(`${path}/complete`, async (c) => {
    const project = projectOf(world, c.req.param("project"));
    const { canaryDeploymentId } = await readBody(c, canaryBody);
    return c.json(documentOf(rolling.complete(project, canaryDeploymentId)));
  });
}

/** Disabling leaves a run alone unless the caller says what is to become of it. */
function resolveRun(world: World, project: Project, action: "abort" | "complete" | undefined): void {
  const { rolling } = world.production;
  const run = rolling.active(project.id);
  if (!run || action === undefined) return;
  if (action === "complete") rolling.complete(project, run.canaryDeploymentId);
  else world.production.rollback(project, deploymentOf(world, run.baseDeploymentId), null);
}

/** Switching rolling releases on also switches skew protection on, where it was never configured. */
function configure(world: World, project: Project, rollingConfig: RollingConfig | null): Project {
  const settings =
    rollingConfig === null ? project.settings : { skewProtectionMaxAge: DAY_SECONDS, ...project.settings };
  return world.state.projects.put({ ...project, settings, rollingConfig, updatedAt: world.clock() });
}

/** @throws ApiError 400 unless there are two or more stages that grow to 100 */
function configOf(body: ConfigBody): RollingConfig {
  const advancementType = body.advancementType ?? "manual-approval";
  const wanted = body.stages ?? [];
  const growing = wanted.every(
    (one, i) => i === 0 || one.targetPercentage > (wanted[i - 1]?.targetPercentage ?? 0),
  );
  if (wanted.length < 2 || !growing || wanted.at(-1)?.targetPercentage !== 100) {
    throw badRequest(
      "A rolling release needs two or more stages with growing percentages, the last of them 100.",
    );
  }
  const stages = wanted.map((one, i): ConfiguredStage => {
    const isLast = i === wanted.length - 1;
    const manual = one.requireApproval ?? advancementType === "manual-approval";
    if (!isLast && !manual && !one.duration)
      throw badRequest(`Stage ${i} advances by itself and needs a duration in minutes.`);
    return {
      targetPercentage: one.targetPercentage,
      requireApproval: isLast ? false : manual,
      duration: isLast ? null : (one.duration ?? null),
      linearShift: one.linearShift ?? false,
    };
  });
  return {
    advancementType,
    stages,
    canaryResponseHeader: body.canaryResponseHeader ?? false,
    gate: body.gate ?? null,
  };
}

/** A configuration as projects and the config calls show it. */
export function rollingConfigJson(config: RollingConfig) {
  return {
    target: "production",
    advancementType: config.advancementType,
    stages: config.stages.map(({ targetPercentage, requireApproval, duration, linearShift }) => ({
      targetPercentage,
      requireApproval,
      ...(duration === null ? {} : { duration }),
      ...(linearShift ? { linearShift } : {}),
    })),
    canaryResponseHeader: config.canaryResponseHeader,
    ...(config.gate === null ? {} : { gate: config.gate }),
  };
}

function configJson(project: Project) {
  return { rollingRelease: project.rollingConfig ? rollingConfigJson(project.rollingConfig) : null };
}

function armJson(deployment: Deployment | undefined) {
  if (!deployment) return null;
  const { id, name, url, target, source, createdAt, readyState, readyAt } = deployment;
  return {
    id,
    name,
    url,
    target,
    ...(source === null ? {} : { source }),
    createdAt,
    readyState,
    readyStateAt: readyAt ?? createdAt,
  };
}

/** A run as the API shows it; durations in seconds. */
export function runJson(world: World, run: RollingRun) {
  const { deployments } = world.state;
  const ended = run.state === "ABORTED";
  return {
    state: run.state,
    substate: null,
    advancementType: run.config.advancementType,
    currentDeployment: armJson(deployments.get(run.baseDeploymentId)),
    canaryDeployment: armJson(deployments.get(run.canaryDeploymentId)),
    queuedDeploymentId: run.queuedDeploymentId,
    stages: run.config.stages.map((_, index) => stageJson(run, index)),
    activeStage: ended ? null : stageJson(run, run.activeIndex),
    nextStage: run.state === "ACTIVE" ? stageJson(run, run.activeIndex + 1) : null,
    startedAt: run.startedAt,
    updatedAt: run.updatedAt,
    currentCanaryPercentage: canaryPercentage(run, world.clock()),
  };
}
