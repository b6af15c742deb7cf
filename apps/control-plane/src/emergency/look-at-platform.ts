import {
  type EmergencySight,
  type HostHealth,
  judgeHealth,
  type Part,
  type Production,
  stampOf,
} from "@atoms/playbook";
import { runningCloud } from "../background/local-cloud.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { healthWanted } from "./health.js";
import { dead, part } from "./part.js";

/** The parts of a look that the platform and the hosts tell. */
export type PlatformSight = Pick<
  EmergencySight,
  "hosts" | "production" | "deployments" | "variables" | "errors"
>;

/** Lines of the log that are looked through for errors, and how many of those are told. */
const lines = { read: 500, told: 20 };
const deploymentsTold = 10;

/**
 * Looks at the platform and at every host, without the store. Hosts that the playbook names are asked at once, the others when
 * the platform has named them.
 * @param limitMs For the platform, and then again for what it names: the whole takes twice as long at most.
 */
export async function lookAtPlatform(
  plane: Pick<ControlPlane, "clock" | "http" | "places">,
  open: OpenPlaybook,
  limitMs: number,
): Promise<PlatformSight> {
  const { clock } = plane;
  const hide = open.secrets.redact;
  const platform = open.platform({ start: false });
  platform.catch(() => undefined);
  const ask = <T>(
    read: (of: Awaited<typeof platform>, signal: AbortSignal) => Promise<T>,
    limit = limitMs,
  ): Promise<Part<T>> => part(clock, limit, async (signal) => read(await platform, signal), hide);

  const known = knownHosts(plane, open);
  const early = new Map(known.map((host) => [host, askHost(plane, open, host, limitMs)]));
  const [production, rollout, deployments, variables] = await Promise.all([
    ask((of, signal) => of.production(signal)),
    ask((of, signal) => of.rollout(signal)),
    ask((of, signal) => of.deployments(deploymentsTold, signal)),
    ask(async (of, signal) =>
      (await of.variables({ values: false }, signal)).flatMap(({ key, changedAt }) =>
        changedAt === undefined ? [] : [{ key, changedAt }],
      ),
    ),
  ]);
  const serving = production.is === "seen" ? production.value.deployment : undefined;
  const moving =
    rollout.is === "seen" && rollout.value?.state === "active" ? rollout.value.candidate : undefined;
  const right = serving === undefined ? undefined : [serving.id, ...(moving === undefined ? [] : [moving])];
  const [hosts, errors] = await Promise.all([
    hostsOf(plane, open, production, early, limitMs, right),
    serving === undefined
      ? Promise.resolve(dead<{ deployment: string; lines: [] }>(production))
      : ask(async (of, signal) => {
          const read = await of.logs(moving ?? serving.id, lines.read, signal);
          const bad = read.filter(({ level, source }) => level === "error" && source !== "build");
          return {
            deployment: moving ?? serving.id,
            lines: bad.slice(-lines.told).map((line) => ({ ...line, text: hide(line.text) })),
          };
        }),
  ]);
  return { production, deployments, variables, hosts, errors };
}

async function hostsOf(
  plane: Pick<ControlPlane, "clock" | "http">,
  open: OpenPlaybook,
  production: Part<Production>,
  early: ReadonlyMap<string, Promise<Asked>>,
  limitMs: number,
  right: readonly string[] | undefined,
): Promise<Part<HostHealth[]>> {
  const named = production.is === "seen" ? production.value.hosts : [];
  const all = [...new Set([...early.keys(), ...named])];
  if (all.length === 0) {
    const because = "no host is known: the playbook names none, and the platform named none";
    return production.is === "dead"
      ? { ...production, because }
      : { is: "seen", value: [], ms: production.ms };
  }
  const answers = await Promise.all(
    all.map(async (host) => (await early.get(host)) ?? askHost(plane, open, host, limitMs)),
  );
  const value = answers.map((one) => judged(one, right));
  return { is: "seen", value, ms: Math.max(...value.map(({ ms }) => ms)) };
}

type Asked = { host: string; answered: boolean; well: boolean; saw: string; deployment?: string; ms: number };

/** Asks a host as its users do, at the path that says how the service is. */
async function askHost(
  { http, clock }: Pick<ControlPlane, "http" | "clock">,
  open: OpenPlaybook,
  host: string,
  limitMs: number,
): Promise<Asked> {
  const wanted = healthWanted(open.settings);
  const { bypass_secret: secret } = open.settings.platforms.vercel ?? {};
  const asked = await part(clock, limitMs + 250, () =>
    http.send({
      url: host + wanted.path,
      headers:
        secret === undefined || open.platformName !== "vercel"
          ? {}
          : { "x-vercel-protection-bypass": secret },
      timeoutMs: limitMs,
    }),
  );
  if (asked.is === "dead") return { host, answered: false, well: false, saw: asked.because, ms: asked.ms };
  const answer = asked.value;
  const { outcome, saw } = judgeHealth(answer, wanted);
  const { deployment } = stampOf(answer);
  return {
    host,
    answered: answer.answered,
    well: outcome === "pass",
    saw: open.secrets.redact(saw),
    ...(deployment === undefined ? {} : { deployment }),
    ms: Math.round(answer.ms),
  };
}

/** A host is well when it says so, and when it is served by what production is meant to serve. */
function judged({ answered, well, saw, ...asked }: Asked, right: readonly string[] | undefined): HostHealth {
  const { deployment } = asked;
  const other = deployment !== undefined && right !== undefined && !right.includes(deployment);
  if (answered && other) return { ...asked, ok: false, saw: `${deployment} still answers: ${saw}` };
  return { ...asked, ok: well, saw };
}

/** Hosts that are known without asking the platform: those of the playbook, or the local cloud's own. */
function knownHosts(
  { places }: Pick<ControlPlane, "places">,
  { settings, platformName }: OpenPlaybook,
): string[] {
  if (platformName === "vercel")
    return (settings.platforms.vercel?.domains ?? []).map((name) => `https://${name}`);
  const cloud = runningCloud(places);
  if (cloud === undefined) return [];
  const { protocol, port } = new URL(cloud.edge);
  return [`${protocol}//${settings.service.name}.localhost${port === "" ? "" : `:${port}`}`];
}
