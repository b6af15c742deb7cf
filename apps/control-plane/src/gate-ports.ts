import type { GatePorts, IncidentStore, Ledger, ReleaseWorld } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { sign } from "./notices/index.js";

/** Rollbacks that are looked through: a pin is the last move of production. */
const manyRollbacks = 50;
/** The platform's clock may be this far from ours, and a rollback may be asked for again and again for as long. */
const apart = { beforeMs: 60_000, afterMs: 15 * 60_000 };

/** Finds out whether a rollback that the platform tells of was one of ours, by what the ledger says was decided. */
export function rollbackFinder(
  ledger: Ledger,
  of: { service: string; environment: string },
): ReleaseWorld["rollbackOf"] {
  return async (deployment, at) => {
    const decided = await ledger.read({
      kind: "rollback.decided",
      environment: of.environment,
      last: true,
      limit: manyRollbacks,
    });
    const mine = decided.findLast(
      (one) =>
        one.service === of.service &&
        one.data["to"] === deployment &&
        at > one.at - apart.beforeMs &&
        at < one.at + apart.afterMs,
    );
    return mine && { by: mine.actor.name, byHand: mine.actor.kind !== "atoms" };
  };
}

/** Finds the incidents of a place that still need people. */
export function incidentFinder(
  incidents: IncidentStore,
  { service, environment }: { service: string; environment: string },
): GatePorts["openIncidents"] {
  return async () => {
    const open = await incidents.list({ service, environment, only: "under way", limit: 20 });
    return open.map(({ id, severity, title }) => ({ id, severity, title }));
  };
}

/** What gates read before a release exists. A local cloud that is not running pins nothing, and is not started for it. */
export async function gatePortsBefore(plane: ControlPlane, open: OpenPlaybook): Promise<GatePorts> {
  const { ledger, incidents } = await plane.store();
  return {
    ledger,
    http: plane.http,
    clock: plane.clock,
    sign,
    rollbackOf: rollbackFinder(ledger, open),
    openIncidents: incidentFinder(incidents, open),
    production: async (signal) => {
      const platform = await open.platform({ start: false }).catch(() => undefined);
      return platform?.production(signal ?? AbortSignal.timeout(10_000));
    },
  };
}
