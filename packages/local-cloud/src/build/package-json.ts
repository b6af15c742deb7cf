import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import { type CronJob, cronJob } from "../crons/schedule.js";
import type { Route } from "../routing/route.js";
import { BuildError } from "./build-error.js";
import { longestOf } from "./max-duration.js";

const words = z.record(z.string(), z.string()).optional();

const packageJson = z.looseObject({
  name: z.string().optional(),
  type: z.string().optional(),
  main: z.string().optional(),
  scripts: words,
  dependencies: words,
  devDependencies: words,
  optionalDependencies: words,
  packageManager: z.string().optional(),
  workspaces: z.unknown().optional(),
});

/** The members of package.json that a build looks at. */
export type PackageJson = z.infer<typeof packageJson>;

const led = z.looseObject({ source: z.string(), destination: z.string() });

const settings = z.looseObject({
  buildCommand: z.string().nullish(),
  installCommand: z.string().nullish(),
  outputDirectory: z.string().nullish(),
  framework: z.string().nullish(),
  cleanUrls: z.boolean().optional(),
  trailingSlash: z.boolean().optional(),
  redirects: z.array(led).optional(),
  rewrites: z.array(led).optional(),
  headers: z
    .array(
      z.looseObject({
        source: z.string(),
        headers: z.array(z.object({ key: z.string(), value: z.string() })),
      }),
    )
    .optional(),
  crons: z.array(cronJob).optional(),
  functions: z
    .record(
      z.string(),
      z.looseObject({ maxDuration: z.union([z.int().min(1).max(800), z.literal("max")]).optional() }),
    )
    .optional(),
  routes: z.array(z.looseObject({ src: z.string().optional(), handle: z.string().optional() })).optional(),
});

/** The members of vercel.json that a build looks at. */
export type VercelJson = z.infer<typeof settings>;

/** A route's pattern is used as `^pattern$` for each request, so one that is none would fail all of them. */
const pattern = z.string().refine((text) => {
  try {
    return new RegExp(`^${text}$`) !== null;
  } catch {
    return false;
  }
}, "is not a regular expression");

const buildOutput = z.looseObject({
  version: z.literal(3),
  crons: z.array(cronJob).optional(),
  routes: z.array(z.looseObject({ src: pattern.optional(), handle: z.string().optional() })).optional(),
});

const functionConfig = z.looseObject({ maxDuration: z.number().positive().optional() });

/**
 * Makes sure that a finished Build Output can be served.
 * @returns its cron jobs, the longest time that one of its functions asks for, in seconds, and its routes
 * @throws BuildError when its `config.json`, or that of a function, cannot be used
 */
export async function checkBuildOutput(
  folder: string,
): Promise<{ crons: CronJob[]; maxDuration: number | null; routes: Route[] }> {
  const config = await readJson(folder, "config.json", buildOutput, "output");
  const functions = join(folder, "functions");
  const names = existsSync(functions) ? await readdir(functions, { recursive: true }) : [];
  const times: (number | null)[] = [];
  for (const name of names.filter((one) => basename(one) === ".vc-config.json"))
    times.push((await readJson(functions, name, functionConfig, "output"))?.maxDuration ?? null);
  return {
    crons: config?.crons ?? [],
    maxDuration: longestOf(times),
    routes: (config?.routes ?? []) as Route[],
  };
}

/** @returns null when there is no package.json @throws BuildError when it cannot be read */
export async function readPackageJson(folder: string): Promise<PackageJson | null> {
  return readJson(folder, "package.json", packageJson);
}

/** @returns null when there is no vercel.json @throws BuildError when it cannot be read */
export async function readVercelJson(folder: string): Promise<VercelJson | null> {
  return readJson(folder, "vercel.json", settings);
}

async function readJson<T>(
  folder: string,
  name: string,
  schema: z.ZodType<T>,
  step: "source" | "output" = "source",
): Promise<T | null> {
  const path = join(folder, name);
  if (!existsSync(path)) return null;
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new BuildError(`${name} cannot be used: ${reason}`, step);
  }
}
