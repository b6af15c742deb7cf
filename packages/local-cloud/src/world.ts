import type { BuildQueue } from "./build/build-queue.js";
import type { Crons } from "./crons/crons.js";
import type { Drains } from "./drains/drains.js";
import type { Regions } from "./edge/regions.js";
import type { Blobs } from "./folder/blobs.js";
import type { Places } from "./folder/places.js";
import type { Seal } from "./folder/seal.js";
import type { State } from "./folder/state.js";
import type { Happenings } from "./happenings.js";
import type { Random } from "./ids.js";
import type { Deployment, Identity } from "./model.js";
import type { Production } from "./production.js";
import type { RequestLog } from "./request-log.js";
import type { Fleet } from "./runtime/fleet.js";
import type { RuntimeLogs } from "./runtime/runtime-logs.js";
import type { Limits } from "./settings.js";
import type { Webhooks } from "./webhooks/webhooks.js";

/** All parts of a running cloud, handed to the API and the edge. */
export interface World {
  readonly identity: Identity;
  readonly state: State;
  readonly places: Places;
  readonly blobs: Blobs;
  readonly seal: Seal;
  readonly limits: Limits;
  readonly clock: () => number;
  readonly random: Random;
  readonly builds: BuildQueue;
  readonly fleet: Fleet;
  readonly production: Production;
  readonly runtimeLogs: RuntimeLogs;
  readonly requests: RequestLog;
  readonly drains: Drains;
  readonly webhooks: Webhooks;
  readonly happenings: Happenings;
  readonly regions: Regions;
  readonly crons: Crons;
}

/** Finds a deployment by its id, its own host, or a host that is pointed at it. */
export function findDeployment(
  world: Pick<World, "state" | "production">,
  idOrHost: string,
): Deployment | undefined {
  const byId = world.state.deployments.get(idOrHost);
  if (byId) return byId;
  const host = bareHost(idOrHost);
  const own = world.state.deployments.find((deployment) => deployment.url === host);
  if (own) return own;
  const alias = world.production.aliasOf(host);
  return alias ? world.state.deployments.get(alias.deploymentId) : undefined;
}

/** A host name without port and final dot, in lower case. */
export function bareHost(text: string): string {
  return text.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}
