import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Output } from "../model.js";
import type { OwnRoutes } from "../routing/own-routes.js";
import { compileRoutes, type Route, unknownMembers } from "../routing/route.js";
import { BuildError } from "./build-error.js";
import type { BuildSteps } from "./build-steps.js";
import { ADDED } from "./make-runnable.js";
import type { VercelJson } from "./package-json.js";

/**
 * Writes down, for the process of a deployment, what its vercel.json says of paths: redirects, rewrites, headers, clean
 * URLs, trailing slashes, and routes of the older form.
 * @param later routes of its framework, which come after its own in each phase
 * @param output how it is run; an app in one file is also told how long it may take
 * @param middleware its middleware, made runnable, relative to `source`; null for none
 * @returns path of the file, relative to `source`; null when it says nothing
 * @throws BuildError when it contradicts itself, or a pattern is none
 */
export async function writeRoutes(
  own: VercelJson,
  later: readonly Route[],
  output: Output,
  middleware: string | null,
  source: string,
  steps: Pick<BuildSteps, "warn">,
): Promise<string | null> {
  const said = await routesOf(own);
  const routes = later.length === 0 ? said : [...said, { handle: "start" }, ...later];
  const cleanUrls = own.cleanUrls === true;
  const isApp = output.kind === "module" || output.kind === "node";
  const maxDuration = isApp ? (output.maxDuration ?? null) : null;
  if (routes.length === 0 && !cleanUrls && maxDuration === null && middleware === null) return null;
  await warnOfUnknown("vercel.json", said, steps);
  const path = join(source, ADDED, "routes.json");
  await mkdir(join(source, ADDED), { recursive: true });
  const written: OwnRoutes = {
    routes,
    cleanUrls,
    maxDuration,
    middleware: middleware && relative(dirname(path), join(source, middleware)),
  };
  await writeFile(path, JSON.stringify(written));
  return relative(source, path);
}

/** Translated by Vercel's own library, so that a pattern means what it means there. */
async function routesOf(own: VercelJson): Promise<Route[]> {
  const { cleanUrls, trailingSlash, redirects, rewrites, headers, routes } = own;
  const given = { cleanUrls, trailingSlash, redirects, rewrites, headers, routes };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(said).length === 0) return [];
  // Refused by Vercel too: routes of the older form say all that the others do.
  if ("routes" in said && Object.keys(said).length > 1)
    throw new BuildError(
      'vercel.json cannot be used: "routes" cannot be present beside "rewrites", "redirects", "headers", "cleanUrls" or ' +
        '"trailingSlash".',
      "source",
    );
  // Loaded only when there is something to translate.
  const { getTransformedRoutes } = await import("@vercel/routing-utils");
  const translated = getTransformedRoutes(said);
  if (translated.error)
    throw new BuildError(`vercel.json cannot be used: ${translated.error.message}`, "source");
  const found = (translated.routes ?? []) as Route[];
  try {
    compileRoutes(found);
  } catch (error) {
    throw new BuildError(`vercel.json cannot be used: ${(error as Error).message}`, "source");
  }
  return found;
}

/** Says which members of routes nothing here does anything with. */
export async function warnOfUnknown(
  where: string,
  routes: readonly Route[],
  steps: Pick<BuildSteps, "warn">,
): Promise<void> {
  for (const name of unknownMembers(routes))
    await steps.warn(`${where} has routes with "${name}", which is not applied here. It is on Vercel.`);
}
