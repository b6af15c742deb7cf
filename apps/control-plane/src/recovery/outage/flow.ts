import {
  dnsRefused,
  type HttpResult,
  isProblem,
  type OutageOrder,
  type OutagePorts,
  type OutageWorld,
  type Platform,
  proveHosts,
  recoverOutageFlow,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { openForRollback } from "../../incidents/index.js";
import { whenPossible } from "../../when-possible.js";
import { recoveryNotices } from "../notices.js";
import { headersFor, lookAtOutage } from "./look.js";
import {
  judgeAnswer,
  outageSettingsOf,
  provenPath,
  standbyRecords,
  throughName,
  verifyOutside,
} from "./outside.js";
import { dnsOf } from "./provider.js";

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();

/** The flow of recoveries from an outage of a control plane; the same one whenever it is asked for. */
export function outageFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

const makeFlow = (plane: ControlPlane) =>
  recoverOutageFlow((order) => whenPossible(plane, order.release, () => worldOf(plane, order)));

async function worldOf(plane: ControlPlane, order: OutageOrder): Promise<OutageWorld> {
  const { playbook, release, service, environment } = order;
  const ref = { playbook: playbook.path, platform: order.platform };
  const open = await plane.open(ref, playbook.text);
  const { recovery, deadlines } = open.settings;
  const { dns, standby } = outageSettingsOf(open);
  const { releases } = await plane.store();
  const provider = () => {
    if (dns === undefined)
      throw dnsRefused({
        where: "recovery.service_outage.dns",
        because: "the playbook does not say who keeps the records",
      });
    return dnsOf(plane, open, dns);
  };
  // Asked for each time: a platform that is out may come back, and what follows needs it or does not.
  const platform = () => open.platform({ start: false });
  return {
    settings: {
      targets: recovery.targets,
      deadlines: {
        look: deadlines.preflight,
        deploy: deadlines.deploy,
        settle: recovery.settle,
        shift: deadlines.shift,
      },
      regions: recovery.service_outage.regions,
      ...(standby === undefined || dns === undefined
        ? {}
        : { standby: { name: dns.name, url: standby.url, records: standbyRecords(open) } }),
    },
    releases,
    clock: plane.clock,
    interrupted: plane.interrupted(release),
    look: (signal) => lookAtOutage(plane, open, signal),
    async openIncident(because) {
      const how = { severity: "P1", title: `Outage of ${service}`, because } as const;
      return (await openForRollback(plane, open, ref, { id: release, service, environment }, how)).id;
    },
    platform: {
      production: async (signal) => (await platform()).production(signal),
      redeploy: async (input, signal) => (await platform()).redeploy(input, signal),
      deployment: async (id, signal) => (await platform()).deployment(id, signal),
      promote: async (id, signal) => (await platform()).promote(id, signal),
    },
    proveIn: async (input, signal) => proveIn(plane, open, await platform(), input, signal),
    proveWell: (which, signal) => (which === "standby" ? proveStandby : provePlatform)(plane, open, signal),
    readRecords: (name, signal) => provider().read(name, signal),
    changeRecords: (input, signal) => provider().change(input, signal),
    verifyOutside: (records, signal) =>
      verifyOutside(plane, open, records, headersFor(open, undefined), signal),
    tell: recoveryNotices(plane, open, order),
  };
}

type Proven = ReturnType<OutagePorts["proveWell"]>;

async function proveStandby(plane: ControlPlane, open: OpenPlaybook, signal: AbortSignal): Proven {
  const { standby } = outageSettingsOf(open);
  if (standby === undefined) return { proven: false, hosts: [], ms: 0 };
  return proveHosts(
    {
      hosts: [standby.url.replace(/\/$/, "")],
      path: provenPath(open, standby.proof),
      headers: headersFor(open, undefined),
      judge: (result) => judgeAnswer(open, result, standby.proof),
      timeoutMs: open.settings.recovery.settle,
    },
    plane,
    signal,
  );
}

/** The region that a function ran in, as the platform's id of a request names it: edge, function, and the rest. */
function regionIn(result: HttpResult): string | undefined {
  const parts = (result.answered ? (result.headers["x-vercel-id"] ?? "") : "").split("::");
  return parts.length > 2 ? parts[1] : undefined;
}

/** Public names are found by their own name servers, as users' resolvers do. */
async function proveIn(
  plane: ControlPlane,
  open: OpenPlaybook,
  platform: Pick<Platform, "passHeaders">,
  { hosts, deployment, regions }: Parameters<OutagePorts["proveIn"]>[0],
  signal: AbortSignal,
): Proven {
  const { http } = await throughName(plane, open, signal);
  return proveHosts(
    {
      hosts,
      deployment,
      path: provenPath(open, "health"),
      headers: headersFor(open, platform),
      judge(result) {
        const { right, saw } = judgeAnswer(open, result, "health");
        if (!right || regions.length === 0) return { right, saw };
        const region = regionIn(result);
        return region !== undefined && regions.includes(region)
          ? { right, saw: `${saw}, from ${region}` }
          : { right: false, saw: `answers from ${region ?? "a region that it does not name"}` };
      },
      timeoutMs: open.settings.recovery.settle,
    },
    { http, clock: plane.clock },
    signal,
  );
}

/** What the platform serves, at its own address: the way back leads there. */
async function provePlatform(plane: ControlPlane, open: OpenPlaybook, signal: AbortSignal): Proven {
  let deployment: { id: string; address: string } | undefined;
  let headers: Record<string, string>;
  try {
    const platform = await open.platform({ start: false });
    deployment = (await platform.production(signal)).deployment;
    headers = headersFor(open, platform);
  } catch (error) {
    signal.throwIfAborted();
    if (!isProblem(error)) throw error;
    return { proven: false, hosts: [{ host: "the platform", right: false, saw: error.happened }], ms: 0 };
  }
  if (deployment === undefined)
    return { proven: false, hosts: [{ host: "the platform", right: false, saw: "serves nothing" }], ms: 0 };
  return proveHosts(
    {
      hosts: [deployment.address],
      deployment: deployment.id,
      path: provenPath(open, "health"),
      headers,
      judge: (result) => judgeAnswer(open, result, "health"),
      timeoutMs: open.settings.recovery.settle,
    },
    plane,
    signal,
  );
}
