import { type Clock, defineProblem, type Platform, type PlaybookSettings } from "@atoms/playbook";
import { type VercelPlatform, type VercelPlatformOptions, vercelPlatform } from "@atoms/vercel";
import { ensureCloud, runningCloud } from "./background/local-cloud.js";
import type { Places } from "./places.js";

/** ATM-903 */
export const cloudNotRunning = defineProblem({
  code: "ATM-903",
  title: "The local cloud is not running",
  happened: () => "The playbook's platform is the local cloud, and no local cloud runs for this folder.",
  stillTrue: () => "Its deployments are kept; nothing is served until it runs.",
  fix: () => "`atoms up` starts it, and so does `atoms deploy`.",
});

const vercelApi = "https://api.vercel.com";

/**
 * Opens the platform that a playbook has chosen.
 * @param options.start Starts the local cloud when it is not running. Default true.
 * @throws ATM-903 when it is not running and must not be started.
 */
export async function openPlatform(
  settings: PlaybookSettings,
  world: {
    places: Places;
    env: Readonly<Record<string, string | undefined>>;
    clock: Clock;
    random: () => number;
    mayAct: () => boolean;
  },
  options: { start: boolean } = { start: true },
): Promise<VercelPlatform> {
  const { clock, random, mayAct } = world;
  if (settings.platform === "local") {
    const cloud = options.start ? await ensureCloud(world.places) : runningCloud(world.places);
    if (cloud === undefined) throw cloudNotRunning();
    return vercelPlatform({
      name: "local",
      api: cloud.api,
      token: cloud.token,
      team: cloud.team.id,
      project: settings.service.name,
      edgeUrl: cloud.edge,
      ...weightsPlace(settings),
      clock,
      random,
      mayAct,
    });
  }
  const { vercel } = settings.platforms;
  // The loader refuses a playbook whose chosen platform has no section.
  if (vercel === undefined) throw new Error("the platform vercel has no section in the playbook");
  return vercelPlatform({
    name: "vercel",
    // In a closed network a proxy stands in for the public address.
    api: world.env["ATOMS_VERCEL_API"] ?? vercelApi,
    token: vercel.token,
    project: vercel.project,
    ...(vercel.team === undefined ? {} : { team: vercel.team }),
    ...(vercel.domains.length === 0 ? {} : { productionHosts: vercel.domains }),
    ...(vercel.bypass_secret === undefined ? {} : { bypassSecret: vercel.bypass_secret }),
    ...weightsPlace(settings),
    clock,
    random,
    mayAct,
  });
}

/** Where the weights of canaries are, when the playbook has traffic split by them. */
export function weightsPlace({
  canary: { split, weights },
  service,
}: PlaybookSettings): Pick<VercelPlatformOptions, "weights"> {
  if (split !== "weights") return {};
  const item = weights.item ?? `split_${service.name}`;
  return { weights: { config: weights.config, item, leaseMs: weights.lease } };
}

/** Brings the project's variables up to what the playbook says; those it does not name are left as they are. */
export async function setPlaybookVariables(
  settings: PlaybookSettings,
  platform: Platform,
  looksSecret: (name: string) => boolean,
  signal: AbortSignal,
): Promise<{ set: string[] }> {
  await platform.ensureProject(signal);
  const wanted = Object.entries(settings.platforms[settings.platform]?.variables ?? {});
  if (wanted.length === 0) return { set: [] };
  const standing = new Map((await platform.variables({ values: true }, signal)).map((v) => [v.key, v]));
  const set: string[] = [];
  for (const [key, value] of wanted) {
    const now = standing.get(key);
    if (now?.readable === true && now.value === value && now.targets.includes("production")) continue;
    await platform.setVariable(key, value, { secret: looksSecret(key) }, signal);
    set.push(key);
  }
  return { set };
}
