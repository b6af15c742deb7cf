import type { Clock, Deployment, Platform, Production } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { take } from "../pages.js";
import { isAbsent } from "../vercel-error.js";
import type { ProjectAnswer, RollingRelease } from "../wire/index.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import type { RollingRuns } from "./rolling-runs.js";
import type { VercelPlatformOptions } from "./settings.js";
import { toDeployment } from "./translate.js";

/** A request older than this is no longer under way, whatever it says; the official CLI gives up then too. */
const longestMoveMs = 3 * 60_000;

/** Production as read, with what the acts need to decide. */
export interface ProductionSight {
  production: Production;
  /** What each production host leads to; undefined for a host that leads nowhere. */
  byHost: Map<string, string | undefined>;
  project: ProjectAnswer | undefined;
}

/** The same, and whether traffic is split: that, no host tells. */
export interface WholeSight extends ProductionSight {
  /** The latest rolling release, whatever its state; null when there never was one. */
  run: RollingRelease | null;
}

/** Reads what production is. */
export interface ProductionReader {
  see(signal?: AbortSignal): Promise<WholeSight>;
  read: Platform["production"];
}

/**
 * What production serves is read host by host: `GET /v13/deployments/{host}` follows the alias that routes traffic, on
 * Vercel as on the local cloud. The project's `targets.production` only breaks a tie between hosts, for it is not
 * documented whether it means the newest production build or the one that is served; and READY says nothing at all,
 * since a staged build is READY and serves nobody. A move under way is read from the project's `lastAliasRequest`, a
 * rollback pin from `autoAssignCustomDomains`, the one lasting sign of it.
 *
 * While a rolling release is under way every host leads to its base, as on Vercel its alias does: production is the
 * stable deployment then.
 */
export function productionReader(
  client: VercelClient,
  options: VercelPlatformOptions & { clock: Clock },
  project: Project,
  runs: RollingRuns,
  explain: Explain,
  address: (host: string) => string,
): ProductionReader {
  const hostsOf = async (of: ProjectAnswer, signal?: AbortSignal): Promise<string[]> => {
    if (options.productionHosts !== undefined) return options.productionHosts;
    const domains = await take(client.projects.domains(of.id, signal), 200);
    const named = domains.filter(
      // A wildcard is no host that anybody could ask.
      (one) => one.verified && !one.customEnvironmentId && isForAll(one) && !one.name.startsWith("*"),
    );
    // The project's own host need not be among its domains; the project object lists it once it is assigned.
    const assigned = (of.alias ?? []).filter((one) => one.target === "PRODUCTION" && isForAll(one));
    return [...new Set([...named.map((one) => one.name), ...assigned.map((one) => one.domain)])];
  };

  const leadsTo = async (host: string, signal?: AbortSignal): Promise<Deployment | undefined> => {
    try {
      return toDeployment(await client.deployments.get(host, signal), address);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

  const seeHosts = async (now: ProjectAnswer | undefined, signal?: AbortSignal): Promise<ProductionSight> => {
    if (now === undefined) {
      return { production: { hosts: [], autoAssign: true }, byHost: new Map(), project: undefined };
    }
    return explain({ asked: "show what production serves" }, async () => {
      const hosts = await hostsOf(now, signal);
      const served = await Promise.all(hosts.map((host) => leadsTo(host, signal)));
      const deployment =
        served.find((one) => one !== undefined && one.id === now.targets?.["production"]?.id) ??
        served.find((one) => one !== undefined);
      const moving = movingIn(now, options.clock.now());
      const pin = pinIn(now, deployment?.id);
      return {
        production: {
          ...(deployment === undefined ? {} : { deployment }),
          hosts: hosts.map(address),
          autoAssign: now.autoAssignCustomDomains ?? true,
          ...(pin === undefined ? {} : { pin }),
          ...(moving === undefined ? {} : { moving }),
        },
        byHost: new Map(hosts.map((host, at) => [host, served[at]?.id])),
        project: now,
      };
    });
  };

  return {
    async see(signal) {
      const now = await project.look(signal);
      const [hosts, run] = await Promise.all([
        seeHosts(now, signal),
        now === undefined
          ? null
          : explain({ asked: "show the rolling release" }, () => runs.latest(now.id, signal)),
      ]);
      return { ...hosts, run };
    },
    read: async (signal) => (await seeHosts(await project.look(signal), signal)).production,
  };
}

/** Whether a domain shows production: one of a branch shows that branch, and a redirect shows nothing. */
function isForAll(domain: { gitBranch?: string | null | undefined; redirect?: string | null | undefined }) {
  return !domain.gitBranch && !domain.redirect;
}

/**
 * The rollback that pins production: it was the last move, it is what is served, and automatic assignment is off since.
 * That alone says nothing here, for Atoms keeps it off to stage its own builds.
 */
function pinIn(project: ProjectAnswer, serves: string | undefined): Production["pin"] {
  const last = project.lastAliasRequest;
  if (last?.type !== "rollback" || last.jobStatus === "failed" || last.jobStatus === "skipped")
    return undefined;
  if ((project.autoAssignCustomDomains ?? true) || last.toDeploymentId !== serves) return undefined;
  return { to: last.toDeploymentId, at: last.requestedAt };
}

/** The move that the platform still carries out, if it does. */
export function movingIn(project: ProjectAnswer, now: number): Production["moving"] {
  const last = project.lastAliasRequest;
  if (last === null || last === undefined) return undefined;
  if (last.jobStatus !== "pending" && last.jobStatus !== "in-progress") return undefined;
  if (now - last.requestedAt > longestMoveMs) return undefined;
  return { to: last.toDeploymentId, kind: last.type };
}
