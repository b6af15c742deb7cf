import {
  type Actor,
  type Clock,
  type Deployment,
  type Flow,
  type Http,
  isProblem,
  type Ledger,
  type LedgerEvent,
  type Platform,
  Problem,
  type ProblemData,
  type Releases,
} from "../terms/index.js";
import { wayBack } from "./decide.js";
import { nothingToReturnTo, rollbackNotProven, targetNotReady } from "./problems.js";
import { proveServing, whatWasSeen } from "./serving.js";
import type { RollbackSettings } from "./settings.js";

/** What a rollback needs from outside. */
export interface RollbackPorts {
  platform: Platform;
  releases: Releases;
  ledger: Ledger;
  http: Http;
  clock: Clock;
}

/** What a rollback is told. */
export interface RollbackOrder {
  service: string;
  environment: string;
  /** The release it belongs to; a rollback by hand is a release of its own. */
  release: string;
  /** Deployment being left, when known. */
  from: string | undefined;
  /** Deployment to return to; the last one proven good when left out. */
  to: string | undefined;
  /**
   * What production served before the release that is taken back: users had it minutes ago, so it is preferred as long
   * as it is ready. Unknown for a rollback by hand.
   */
  before: string | undefined;
  because: string;
  actor: Actor;
  /** Deadline in milliseconds since the epoch. */
  until: number;
}

/** How a rollback ended. */
export type RollbackOutcome = {
  to: { id: string; address: string; version?: string };
  /** From the decision to proof on every host, in milliseconds. */
  ms: number;
  hosts: { host: string; saw: string; named: boolean }[];
};

/**
 * Brings all traffic back to a deployment and proves it host by host. Every step may run twice.
 * @throws ATM-601 when there is nowhere to go, ATM-602 when the target cannot serve, ATM-603 when it could not be
 * proven in time; in each case the message says where traffic is.
 */
export async function rollBack(
  flow: Flow,
  ports: RollbackPorts,
  settings: RollbackSettings,
  order: RollbackOrder,
): Promise<RollbackOutcome> {
  const { platform } = ports;
  const decidedAt = await flow.now();
  const event = (kind: string, at: number, data: LedgerEvent["data"]): LedgerEvent => ({
    key: `${order.release}/${kind}`,
    kind,
    at,
    actor: order.actor,
    service: order.service,
    environment: order.environment,
    release: order.release,
    data,
  });

  // A platform that fails is asked again until the time is up, and people see why it takes so long.
  const untilTheEnd = async () => ({
    timeoutMs: Math.max(60_000, order.until - (await flow.now())),
    attempts: 30,
  });
  const toldOrTriedAgain = async (error: unknown): Promise<{ problem: ProblemData }> => {
    // A wrong token stays wrong, however often it is tried.
    if (isProblem(error) && final.includes(error.code)) return { problem: error.toJSON() };
    const why = isProblem(error) ? error.happened : "an error that Atoms has no name for";
    const activity = { phase: "rollback", since: decidedAt, until: order.until } as const;
    await ports.releases.doing(order.release, { ...activity, doing: `trying again, for ${why}` });
    throw error;
  };

  const target = await flow.step(
    "choose the way back",
    async (signal) => {
      const production = await platform.production(signal).catch(toldOrTriedAgain);
      if ("problem" in production) return production;
      const chosen = await chooseTarget(ports, order, production.deployment, signal);
      if (chosen instanceof Problem) return { problem: chosen.toJSON() };
      const from = order.from ?? production.deployment?.id ?? null;
      await ports.ledger.append([
        event("rollback.decided", decidedAt, { to: chosen.id, from, because: order.because }),
      ]);
      return {
        from,
        to: {
          id: chosen.id,
          address: chosen.address,
          ...(chosen.version ? { version: chosen.version } : {}),
        },
      };
    },
    await untilTheEnd(),
  );
  if ("problem" in target) throw Problem.from(target.problem);
  const { from, to } = target;

  // A platform that lies about having failed is asked again too: repeating a rollback does no harm.
  const asked = await flow.step(
    "point production back",
    async (signal) =>
      (await platform.rollBack(to.id, order.because, signal).catch(toldOrTriedAgain)) ?? { problem: null },
    await untilTheEnd(),
  );
  if (asked.problem !== null) throw Problem.from(asked.problem);

  const timeoutMs = Math.max(5_000, order.until - (await flow.now()));
  const proof = await flow.step(
    "prove every host",
    async (signal) => {
      const { hosts } = await platform.production(signal);
      return proveServing(
        {
          hosts,
          deployment: to.id,
          path: settings.proof.path,
          answers: settings.proof.answers,
          headers: platform.passHeaders(),
          timeoutMs,
          settled: async () => {
            const now = await platform.production(signal);
            return now.moving === undefined && now.deployment?.id === to.id;
          },
        },
        ports,
        signal,
      );
    },
    { timeoutMs: timeoutMs + 30_000, attempts: 5 },
  );
  if (!proof.proven) throw rollbackNotProven({ to: to.id, because: order.because, last: whatWasSeen(proof) });

  if (settings.pin === "release") {
    await flow.step("let new builds take traffic again", (signal) => platform.setAutoAssign(true, signal), {
      attempts: 5,
    });
  }

  const provenAt = await flow.now();
  const hosts = proof.hosts.map(({ host, saw, named }) => ({ host, saw, named }));
  await flow.step("write down the rollback", async () => {
    if (from !== null && from !== to.id) {
      await ports.releases.disprove(order.service, order.environment, from);
    }
    await ports.releases.prove(
      {
        service: order.service,
        environment: order.environment,
        deployment: to.id,
        address: to.address,
        version: to.version ?? "unknown",
        release: order.release,
        at: provenAt,
      },
      [event("rollback.verified", provenAt, { to: to.id, ms: provenAt - decidedAt, hosts })],
    );
  });
  return { to, ms: provenAt - decidedAt, hosts };
}

/** The platform's refusals of the token, the project, the plan and the deployment. */
const final: readonly string[] = ["ATM-301", "ATM-307", "ATM-308", "ATM-309"];

async function chooseTarget(
  ports: RollbackPorts,
  order: RollbackOrder,
  serving: Deployment | undefined,
  signal: AbortSignal,
): Promise<Deployment | Problem> {
  const serves = serving?.id ?? "nothing that Atoms knows";
  if (order.to !== undefined) {
    const wanted = await ports.platform.deployment(order.to, signal);
    if (wanted?.state === "ready") return wanted;
    return targetNotReady({
      deployment: order.to,
      state: wanted?.state ?? "not known to the platform",
      serves,
    });
  }
  const leaving = order.from ?? serving?.id;
  const before =
    order.before === undefined || order.before === leaving
      ? undefined
      : await ports.platform.deployment(order.before, signal);
  const known = new Map<string, Deployment>();
  const proven =
    before?.state === "ready" ? [] : await ports.releases.proven(order.service, order.environment, 20);
  for (const proof of proven) {
    if (proof.deployment === leaving) continue;
    const deployment = await ports.platform.deployment(proof.deployment, signal);
    if (deployment !== undefined) known.set(proof.deployment, deployment);
    if (deployment?.state === "ready") break;
  }
  const way = wayBack({ serving: leaving, before, proven, known });
  if ("to" in way) return way.to;
  return nothingToReturnTo({ service: order.service, environment: order.environment, serves });
}
