import { dirname, join, resolve } from "node:path";
import {
  analysisSettings,
  countedLimits,
  type Deployment,
  findWayBack,
  type NumbersFinding,
  type Platform,
  type PlatformName,
  type PlaybookSettings,
  type PreflightPorts,
  type Proven,
  type StrategyKind,
  type ValidationPlan,
  type ValidationPorts,
  validationPlan,
} from "@atoms/playbook";
import { proveCounts, proveMetrics, type RequestCounter } from "@atoms/playbook/measurement";
import type { VercelPlatform } from "@atoms/vercel";
import { alarmOf } from "./alerts/alarm.js";
import { bearerToken } from "./bearer.js";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { type LoadedPlaybook, loadPlaybook } from "./playbook-file/index.js";
import { ownPathsIn } from "./source.js";
import { helpersOfProduction } from "./split-helper.js";
import { openWorkspace } from "./workspace/index.js";

/** Absolute paths that Atoms itself writes for a playbook: they are never shipped, and git need not know them. */
export function ownPaths(settings: PlaybookSettings, root: string): string[] {
  return [join(root, ".atoms"), join(root, "deployments"), resolve(root, settings.backup.folder)];
}

/**
 * What preflight needs, for a source folder.
 * @param strategy Of the release it is for, where that is another than the playbook's.
 */
export function preflightPorts(
  plane: Pick<ControlPlane, "places" | "env" | "clock" | "http">,
  open: OpenPlaybook,
  platform: VercelPlatform,
  folder: string,
  proven: () => Promise<readonly Proven[]>,
  strategy: StrategyKind = open.settings.strategy,
): PreflightPorts {
  const own = ownPaths(open.settings, plane.places.root);
  const alarm = alarmOf(open);
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
    ...(alarm === undefined ? {} : { alarm: () => alarm }),
    ...(strategy === "canary" ? numbersPort(plane, open, platform) : {}),
    ...(strategy === "canary" && platform.weights !== undefined
      ? { proveSplit: (signal) => helpersOfProduction(plane.http, platform, signal) }
      : {}),
    clock: plane.clock,
  };
}

/** The canary's numbers are proven where its source is somebody else's. */
function numbersPort(
  plane: Pick<ControlPlane, "http" | "clock">,
  { settings }: OpenPlaybook,
  platform: Platform & RequestCounter,
): Pick<PreflightPorts, "proveNumbers"> {
  const prove = numbersProof(plane, settings, platform);
  if (prove === undefined) return {};
  return {
    proveNumbers: async (signal) => prove((await platform.production(signal)).deployment, signal),
  };
}

/** How the source of a canary's numbers is tried on a deployment; undefined for a source that needs no trying. */
export function numbersProof(
  plane: Pick<ControlPlane, "http" | "clock">,
  { canary, service }: PlaybookSettings,
  platform: RequestCounter,
): ((serving: Deployment | undefined, signal: AbortSignal) => Promise<NumbersFinding[]>) | undefined {
  const { source, prometheus } = canary;
  if (source === "vercel") {
    return async (serving, signal) => [
      await proveCounts({ clock: plane.clock, platform }, serving?.id, signal),
    ];
  }
  if (source !== "prometheus" || prometheus === undefined) return undefined;
  const slow = countedLimits(analysisSettings(canary, service.kind).guardrails);
  return async (serving, signal) => {
    const { id, address, version } = serving ?? {};
    const arm =
      id === undefined || address === undefined
        ? undefined
        : { deployment: id, address, ...(version === undefined ? {} : { version }) };
    return proveMetrics({ settings: prometheus, slow }, arm, plane, signal);
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
