import type { Platform } from "@atoms/playbook";
import type { RequestCounter } from "@atoms/playbook/measurement";
import { vercelClient } from "./client.js";
import { take } from "./pages.js";
import { type AttackMode, attackMode } from "./platform/attack-mode.js";
import { type Checks, checks } from "./platform/checks.js";
import { type ConfigItems, configItems } from "./platform/config-items.js";
import { creation } from "./platform/create.js";
import { type DrainTarget, drains } from "./platform/drains.js";
import { explaining } from "./platform/explain.js";
import { logsOf } from "./platform/logs.js";
import { moves } from "./platform/move.js";
import { productionReader } from "./platform/production.js";
import { projectOf } from "./platform/project.js";
import { requestCounts } from "./platform/request-counts.js";
import { rollingRuns } from "./platform/rolling-runs.js";
import { rolloutAdvance } from "./platform/rollout-advance.js";
import { rolloutBegin } from "./platform/rollout-begin.js";
import type { VercelPlatformOptions } from "./platform/settings.js";
import { stagesSet } from "./platform/stages-set.js";
import { addressing, bareHost, toDeployment } from "./platform/translate.js";
import { variables } from "./platform/variables.js";
import { type Webhooks, webhooks } from "./platform/webhooks.js";
import { weightsOf } from "./platform/weights/index.js";
import { whyRefused } from "./platform/why-refused.js";
import { isAbsent } from "./vercel-error.js";

/** The platform port, with a way to let go of its connections. */
export interface VercelPlatform extends Platform, RequestCounter {
  /** Sees to it that the project's log or trace records are delivered to an address. Safe to repeat. */
  deliverTo(target: DrainTarget, signal?: AbortSignal): Promise<void>;
  /** The weights that split traffic, when they do. */
  weights?: {
    /** Key of the item. */
    item: string;
    /** Id of the Global Config; undefined while there is none of that slug. @throws ATM-552 */
    config(signal?: AbortSignal): Promise<string | undefined>;
  };
  /** Items of Global Configs. */
  configItems: ConfigItems;
  /** The firewall's attack mode. */
  attackMode: AttackMode;
  /** The platform's webhooks, which tell of the project's deployments. */
  webhooks: Webhooks;
  /** Checks that the platform shows beside the project's deployments. */
  checks: Checks;
  /** Id of the project; undefined while there is none of that name. */
  projectId(signal?: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * Makes the platform that speaks the Vercel API: Vercel itself, or the local cloud, which serves the same one. A
 * project that does not exist yet reads as an empty one; `ensureProject` creates it.
 * @throws Problems ATM-301 to ATM-314, ATM-551 and ATM-552 from its methods, never from here.
 */
export function vercelPlatform(options: VercelPlatformOptions): VercelPlatform {
  const client = vercelClient(options);
  const explain = explaining(options);
  const address = addressing(options.edgeUrl);
  const project = projectOf(client, options, explain);
  const runs = rollingRuns(client, project, explain);
  const reader = productionReader(client, options, project, runs, explain, address);
  const stages = stagesSet(client, options, project, explain);
  const why = whyRefused(client, options, address);
  const move = moves(client, options, { project, reader, runs, stages, why });
  const variable = variables(client, options, project, explain);
  const weights = weightsOf(client, options, {
    project,
    reader,
    stages,
    moves: move,
    variables: variable,
    explain,
    address,
  });

  return {
    name: options.name,
    close: () => client.close(),
    projectId: (signal) => project.idIfThere(signal),
    webhooks: webhooks(client, project, explain),
    configItems: configItems(client, options, explain),
    attackMode: attackMode(client, options, project, explain),
    checks: checks(client, project, explain),
    deliverTo: drains(client, project, explain),
    requestCounts: requestCounts(client, options, project, explain),

    whoAmI: (signal) =>
      explain({ asked: "say whose token this is", identity: true }, async () => {
        const [user, team] = await Promise.all([
          client.identity.user(signal),
          options.team === undefined ? undefined : client.identity.team(options.team, signal),
        ]);
        return { account: user.username, ...(team === undefined ? {} : { team: team.slug }) };
      }),

    async ensureProject(signal) {
      await project.ensure(signal);
      await weights?.ensure(signal);
    },
    setAutoAssign: (on, signal) => project.setAutoAssign(on, signal),

    ...creation(client, options, project, explain, address),

    deployment: (idOrHost, signal) =>
      explain({ asked: `show the deployment ${idOrHost}` }, async () => {
        try {
          return toDeployment(await client.deployments.get(bareHost(idOrHost), signal), address);
        } catch (error) {
          if (isAbsent(error)) return undefined;
          throw error;
        }
      }),

    async deployments(limit, signal) {
      const projectId = await project.idIfThere(signal);
      if (projectId === undefined) return [];
      return explain({ asked: "list the deployments" }, async () => {
        const pageSize = Math.min(Math.max(1, limit), 100);
        const items = await take(client.deployments.list({ projectId, pageSize }, signal), limit);
        return items.map((item) => toDeployment(item, address));
      });
    },

    removeDeployment: (id, signal) =>
      explain({ asked: `remove the deployment ${id}`, act: true }, async () => {
        try {
          await client.deployments.remove(id, signal);
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      }),

    production: reader.read,
    ...move,
    rollout: runs.read,
    beginRollout: rolloutBegin(client, options, { project, reader, runs, stages, why }),
    advanceRollout: rolloutAdvance(client, options, { project, runs, explain }),
    keepRollout: (_candidate, signal) => runs.read(signal),
    clearRollout: stages.clear,
    forceArm: (arm) => ({ query: { [arm === "canary" ? "vcrrForceCanary" : "vcrrForceStable"]: "true" } }),
    ...weights?.split,
    ...(weights === undefined ? {} : { weights: weights.place }),
    ...variable,

    async aliases(signal) {
      const projectId = await project.idIfThere(signal);
      if (projectId === undefined) return [];
      return explain({ asked: "list the aliases" }, async () => {
        const aliases = await take(client.aliases.list(projectId, signal), 10_000);
        return aliases.flatMap((one) => {
          const deployment = one.deploymentId ?? one.deployment?.id;
          // An alias without a deployment is a redirect.
          return deployment === undefined ? [] : [{ host: one.alias, deployment }];
        });
      });
    },

    logs: logsOf(client, options, project, explain),
    passHeaders: (): Record<string, string> =>
      options.bypassSecret === undefined ? {} : { "x-vercel-protection-bypass": options.bypassSecret },
  };
}
