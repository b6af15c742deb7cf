import { dirname, join, resolve } from "node:path";
import {
  findWayBack,
  type Platform,
  type PlatformName,
  type PlaybookSettings,
  type PreflightPorts,
  type Proven,
  type ValidationPlan,
  type ValidationPorts,
  validationPlan,
} from "@atoms/playbook";
import { bearerToken } from "./bearer.js";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { type LoadedPlaybook, loadPlaybook } from "./playbook-file/index.js";
import { ownPathsIn } from "./source.js";
import { openWorkspace } from "./workspace/index.js";

/** Absolute paths that Atoms itself writes for a playbook: they are never shipped, and git need not know them. */
export function ownPaths(settings: PlaybookSettings, root: string): string[] {
  return [join(root, ".atoms"), join(root, "deployments"), resolve(root, settings.backup.folder)];
}

/** What preflight needs, for a source folder. */
export function preflightPorts(
  plane: Pick<ControlPlane, "places" | "env" | "clock">,
  open: OpenPlaybook,
  platform: Platform,
  folder: string,
  proven: () => Promise<readonly Proven[]>,
): PreflightPorts {
  const own = ownPaths(open.settings, plane.places.root);
  return {
    workspace: openWorkspace({
      folder,
      state: plane.places.home,
      own,
      exclude: ownPathsIn(folder, own),
      env: plane.env,
      redact: (line) => open.secrets.redact(line),
    }),
    platform,
    wayBack: (signal) => findWayBack(platform, proven, signal),
    playbookVariables: Object.keys(open.settings.platforms[open.platformName]?.variables ?? {}),
    clock: plane.clock,
  };
}

/** What validation needs. The bearer token is asked for once. */
export function validationPorts(
  plane: Pick<ControlPlane, "http" | "clock" | "env">,
  open: OpenPlaybook,
  signal: AbortSignal,
): ValidationPorts {
  let token: Promise<string | undefined> | undefined;
  return {
    http: plane.http,
    clock: plane.clock,
    bearerToken: () => {
      token ??= bearerToken(open.settings.validation.bearer, dirname(open.file.path), plane.env);
      return token;
    },
    signal,
  };
}

/** How the playbook's service is validated. */
export const planOf = (settings: PlaybookSettings): ValidationPlan =>
  validationPlan(settings.validation, settings.service);

/** Reads a playbook's settings alone, opening nothing. @throws ATM-101 and its kin. */
export async function readSettings(
  playbook: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: PlatformName | undefined,
): Promise<LoadedPlaybook> {
  return loadPlaybook({ path: playbook, env, platform });
}
