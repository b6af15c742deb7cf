import { mkdirSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { regionOf } from "../edge/regions.js";
import type { Places } from "../folder/places.js";
import type { Seal } from "../folder/seal.js";
import type { Deployment, Project } from "../model.js";
import { projectHost } from "../production.js";
import { INSTANCE_VARIABLE } from "./process-group.js";

/** The two sets of variables that a deployment froze when it was created. */
export interface FrozenEnv {
  readonly run: Readonly<Record<string, string>>;
  readonly build: Readonly<Record<string, string>>;
}

export function frozenEnv(deployment: Deployment, seal: Seal): FrozenEnv {
  return JSON.parse(seal.reveal(deployment.sealedEnv)) as FrozenEnv;
}

/** What every process of a deployment is told about itself, while it is built and while it runs. */
export function platformVariables(
  deployment: Deployment,
  project: Project | undefined,
): Record<string, string> {
  const git = deployment.git;
  const variables: Record<string, string> = {
    VERCEL: "1",
    VERCEL_ENV: environmentName(deployment),
    VERCEL_TARGET_ENV: targetEnvironment(deployment, project),
    VERCEL_URL: deployment.url,
    VERCEL_DEPLOYMENT_ID: deployment.id,
    VERCEL_PROJECT_ID: deployment.projectId,
    VERCEL_REGION: regionOf(deployment),
  };
  if (project) {
    variables["VERCEL_PROJECT_PRODUCTION_URL"] = project.domains[0]?.name ?? projectHost(project.name);
  }
  if (git["commitSha"]) variables["VERCEL_GIT_COMMIT_SHA"] = git["commitSha"];
  if (git["commitRef"]) variables["VERCEL_GIT_COMMIT_REF"] = git["commitRef"];
  if (git["commitMessage"]) variables["VERCEL_GIT_COMMIT_MESSAGE"] = git["commitMessage"];
  if (git["commitAuthorName"]) variables["VERCEL_GIT_COMMIT_AUTHOR_LOGIN"] = git["commitAuthorName"];
  return variables;
}

/** What the platform hands on to pages; the bypass secret, which it hands on too, has no place in them. */
const PUBLIC = /^VERCEL_(?:ENV|TARGET_ENV|URL|PROJECT_PRODUCTION_URL|GIT_\w+)$/;

/**
 * The platform's variables under the prefix that a framework asks of those that reach browsers (`VITE_VERCEL_ENV`).
 * @param prefix undefined for none
 * @param given the whole environment of a build; what it has under such a name stays
 */
export function prefixedVariables(
  prefix: string | undefined,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  if (prefix === undefined) return {};
  return Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => PUBLIC.test(name) && given[prefix + name] === undefined)
      .map(([name, value]) => [prefix + name, value]),
  );
}

/** The slug of a custom environment, else as `VERCEL_ENV`. */
function targetEnvironment(deployment: Deployment, project: Project | undefined): string {
  const custom = project?.environments?.find((one) => one.id === deployment.customEnvironmentId);
  return custom?.slug ?? environmentName(deployment);
}

/** `production`, or `preview` for everything else. */
export function environmentName(deployment: Deployment): "production" | "preview" {
  return deployment.target === "production" ? "production" : "preview";
}

/** The least a program needs of this machine; nothing else of the cloud's own environment is handed on. */
export function machineVariables(home: string): Record<string, string> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  return {
    // The Node that runs the cloud comes first, so that `node` in a script is the same one.
    PATH: `${dirname(process.execPath)}${delimiter}${path}`,
    HOME: home,
    TMPDIR: home,
    LANG: process.env["LANG"] ?? "C.UTF-8",
    TZ: ":UTC",
  };
}

/** The whole environment of one instance. Platform names cannot be overwritten by the project's variables. */
export function instanceEnvironment(
  deployment: Deployment,
  project: Project | undefined,
  seal: Seal,
  places: Places,
  instance: { readonly id: string; readonly port: number },
): Record<string, string> {
  return {
    ...machineVariables(places.home(deployment.id)),
    NODE_ENV: "production",
    ...frozenEnv(deployment, seal).run,
    ...platformVariables(deployment, project),
    PORT: String(instance.port),
    HOST: "127.0.0.1",
    [INSTANCE_VARIABLE]: instance.id,
  };
}
