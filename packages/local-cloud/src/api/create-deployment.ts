import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import type { Hono } from "hono";
import * as z from "zod";
import { filePathProblem } from "../build/file-path.js";
import { HOME_REGION } from "../edge/regions.js";
import { isSha1 } from "../folder/blobs.js";
import { hostLabel, hostWord, newId } from "../ids.js";
import type { Deployment, FileEntry, Project } from "../model.js";
import type { World } from "../world.js";
import { ApiError, badRequest, readBody } from "./api-error.js";
import { environmentOf } from "./custom-environments.js";
import { deploymentJson } from "./deployment-shape.js";
import { variablesFor } from "./env-values.js";
import { deploymentOf, nextTime, projectOf } from "./lookups.js";
import { checkFramework, createProject } from "./projects.js";

const DEFAULT_MODE = 0o100644;
const FILE_TYPE = 0o170000;
const FOLDER = 0o040000;
const SOURCES = [
  "cli",
  "git",
  "redeploy",
  "import",
  "drop",
  "api-trigger-git-deploy",
  "git-deploy-hook",
  "v0-web",
];

const words = z.record(z.string(), z.coerce.string());
const fileEntry = z.looseObject({
  file: z.string(),
  sha: z.string().optional(),
  size: z.number().optional(),
  mode: z.number().int().optional(),
  data: z.string().optional(),
  encoding: z.enum(["base64", "utf-8"]).optional(),
});

const createBody = z.looseObject({
  name: z.string().optional(),
  project: z.string().optional(),
  target: z.string().nullish(),
  customEnvironmentSlugOrId: z.string().optional(),
  deploymentId: z.string().optional(),
  files: z.array(fileEntry).optional(),
  meta: words.optional(),
  gitMetadata: z.record(z.string(), z.unknown()).optional(),
  env: words.optional(),
  build: z.looseObject({ env: words.optional() }).optional(),
  projectSettings: z.record(z.string(), z.unknown()).nullish(),
  regions: z.array(z.string()).optional(),
  source: z.string().optional(),
  autoAssignCustomDomains: z.boolean().optional(),
});
type CreateBody = z.infer<typeof createBody>;

/** `POST /deployments`. */
export function createDeploymentRoutes(app: Hono, world: World): void {
  app.post("/deployments", async (c) => {
    const body = await readBody(c, createBody);
    await checkFramework(body.projectSettings?.["framework"], "projectSettings.framework");
    const origin = body.deploymentId === undefined ? null : deploymentOf(world, body.deploymentId);
    const project = resolveProject(world, body, origin);
    const files = origin ? await filesOf(world, origin) : await announcedFiles(world, body.files ?? []);
    const prebuilt =
      origin?.prebuilt ?? (c.req.query("prebuilt") === "1" || c.req.query("prebuilt") === "true");
    const deployment = newDeployment(world, project, body, origin, prebuilt);
    await mkdir(world.places.deployment(deployment.id), { recursive: true, mode: 0o700 });
    const manifest = world.places.manifest(deployment.id);
    await writeFile(`${manifest}.next`, JSON.stringify(files), { mode: 0o600 });
    await rename(`${manifest}.next`, manifest);
    world.state.deployments.put(deployment);
    world.happenings.emit("deployment", deployment);
    if (!world.production.checks.hold(deployment, "build-start")) world.builds.add(deployment.id);
    return c.json(deploymentJson(world, world.state.deployments.get(deployment.id) ?? deployment));
  });
}

/** `project` wins over `name`; `name` may be a project's id. An unknown name makes a project, as in the cloud. */
function resolveProject(world: World, body: CreateBody, origin: Deployment | null): Project {
  if (body.project !== undefined) return projectOf(world, body.project);
  if (origin) return projectOf(world, origin.projectId);
  if (body.name === undefined) throw badRequest("The deployment needs a `name` or a `project`.");
  const { projects } = world.state;
  const called = (name: string) => projects.find((project) => project.name === name);
  const name = hostLabel(body.name, 100);
  return (
    projects.get(body.name) ??
    called(body.name) ??
    called(name) ??
    createProject(world, { name, settings: body.projectSettings ?? {} })
  );
}

async function filesOf(world: World, origin: Deployment): Promise<FileEntry[]> {
  return JSON.parse(await readFile(world.places.manifest(origin.id), "utf8")) as FileEntry[];
}

/** @throws ApiError 400: `missing_files` names the digests to upload first */
async function announcedFiles(world: World, entries: NonNullable<CreateBody["files"]>): Promise<FileEntry[]> {
  if (entries.length === 0)
    throw badRequest("The deployment needs `files`, or a `deploymentId` to take them from.");
  const max = world.limits.filesPerDeployment;
  if (entries.length > max) {
    throw new ApiError(
      400,
      "too_many_files",
      `A deployment may have at most ${max} files; this one has ${entries.length}.`,
    );
  }
  const files = new Map<string, FileEntry>();
  const missing = new Set<string>();
  for (const entry of entries) {
    const problem = filePathProblem(entry.file);
    if (problem) throw new ApiError(400, "invalid_file", `The upload is refused: ${problem}.`);
    const file = entry.file.replace(/^\.\//, "");
    if (files.has(file)) throw new ApiError(400, "invalid_file", `The file "${file}" is announced twice.`);
    const mode = entry.mode ?? DEFAULT_MODE;
    if (entry.data !== undefined) {
      const bytes = Buffer.from(entry.data, entry.encoding === "base64" ? "base64" : "utf8");
      files.set(file, { file, mode, ...(await world.blobs.writeBytes(bytes)) });
      continue;
    }
    // The official CLI announces a folder that has nothing in it, too; there is nothing to upload or to lay out.
    if (entry.sha === undefined && (mode & FILE_TYPE) === FOLDER) continue;
    const sha = (entry.sha ?? "").toLowerCase();
    if (!isSha1(sha)) throw badRequest(`The file "${file}" has neither a valid \`sha\` nor \`data\`.`);
    if (!world.blobs.has(sha)) missing.add(sha);
    files.set(file, { file, sha, size: entry.size ?? 0, mode });
  }
  if (missing.size > 0) {
    throw new ApiError(400, "missing_files", "Missing files", { missing: [...missing] });
  }
  return [...files.values()];
}

function newDeployment(
  world: World,
  project: Project,
  body: CreateBody,
  origin: Deployment | null,
  prebuilt: boolean,
): Deployment {
  const target = body.target === "production" || body.target === "staging" ? body.target : null;
  const wanted = body.customEnvironmentSlugOrId;
  const environment = wanted === undefined ? null : environmentOf(project, wanted).id;
  const git = { ...origin?.git, ...gitWords(body.gitMetadata) };
  const frozen = variablesFor(
    world,
    project,
    environment ?? (target === "production" ? "production" : "preview"),
    git["commitRef"] ?? null,
  );
  const protection = protectionVariables(world, project);
  const run = { ...frozen, ...body.env, ...protection };
  const build = { ...body.build?.env };
  return {
    id: newId("dpl", world.random),
    projectId: project.id,
    name: project.name,
    url: `${hostLabel(project.name)}-${hostWord(9, world.random)}.localhost`,
    target,
    customEnvironmentId: environment,
    createdAt: nextTime(world, world.state.deployments.all()),
    buildingAt: null,
    readyAt: null,
    canceledAt: null,
    readyState: "QUEUED",
    aliasAssignedAt: null,
    aliasError: null,
    promotedAt: null,
    errorCode: null,
    errorMessage: null,
    errorStep: null,
    meta: { ...origin?.meta, ...body.meta },
    git,
    source: origin ? "redeploy" : sourceOf(body.source),
    autoAssignCustomDomains: body.autoAssignCustomDomains ?? true,
    prebuilt,
    projectSettings: { ...origin?.projectSettings, ...body.projectSettings },
    regions: regionsFor(world, body.regions) ?? origin?.regions ?? [HOME_REGION],
    envNames: Object.keys(run),
    buildEnvNames: Object.keys(build),
    sealedEnv: world.seal.close(JSON.stringify({ run, build })),
    output: null,
  };
}

/** @throws ApiError 400 for a region that there is not. */
function regionsFor(world: World, asked: readonly string[] | undefined): readonly string[] | undefined {
  if (asked === undefined || asked.length === 0) return undefined;
  for (const region of asked)
    if (!world.regions.isKnown(region))
      throw new ApiError(400, "invalid_region", `There is no region "${region}".`);
  return asked;
}

/** What a deployment is told of its project's protection when it is created. */
function protectionVariables(world: World, project: Project): Record<string, string> {
  const secret = project.bypass?.find((one) => one.isEnvVar);
  const skew = Number(project.settings["skewProtectionMaxAge"] ?? 0) > 0;
  return {
    ...(secret ? { VERCEL_AUTOMATION_BYPASS_SECRET: world.seal.reveal(secret.sealedSecret) } : {}),
    ...(skew ? { VERCEL_SKEW_PROTECTION_ENABLED: "1" } : {}),
  };
}

/** Another word than these makes the official SDK refuse the whole answer. */
function sourceOf(source: string | undefined): string | null {
  return source !== undefined && SOURCES.includes(source) ? source : null;
}

function gitWords(git: Record<string, unknown> | undefined): Record<string, string> {
  const words: Record<string, string> = {};
  for (const [name, value] of Object.entries(git ?? {})) {
    if (typeof value === "string") words[name] = value;
  }
  return words;
}
