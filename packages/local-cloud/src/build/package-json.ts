import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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

const functionConfig = z.looseObject({
  maxDuration: z.number().positive().optional(),
  filePathMap: z.record(z.string(), z.string()).optional(),
});

/** What a build has to know of a finished Build Output. */
export interface CheckedOutput {
  readonly crons: CronJob[];
  /** The longest time that one of its functions asks for, in seconds. */
  readonly maxDuration: number | null;
  readonly routes: Route[];
  /** Functions that share files, by their folders: the upload's files by their paths in the function. */
  readonly shared: { readonly place: string; readonly files: Readonly<Record<string, string>> }[];
}

/**
 * Makes sure that a finished Build Output can be served.
 * @throws BuildError when its `config.json`, or that of a function, cannot be used
 */
export async function checkBuildOutput(folder: string): Promise<CheckedOutput> {
  const config = await readJson(folder, "config.json", buildOutput, "output");
  const functions = join(folder, "functions");
  const names = existsSync(functions) ? await readdir(functions, { recursive: true }) : [];
  const times: (number | null)[] = [];
  const shared: CheckedOutput["shared"] = [];
  // A function that is another's folder, by a link, has its files by it.
  for (const name of names.filter((one) => basename(one) === ".vc-config.json")) {
    const own = await readJson(functions, name, functionConfig, "output");
    times.push(own?.maxDuration ?? null);
    if (own?.filePathMap) shared.push({ place: dirname(join(functions, name)), files: own.filePathMap });
  }
  return {
    crons: config?.crons ?? [],
    maxDuration: longestOf(times),
    routes: (config?.routes ?? []) as Route[],
    shared,
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
