import { createServer, type Server } from "node:http";
import { resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { announceChanges, productionNews } from "./announce.js";
import { restApi } from "./api/api.js";
import { BuildQueue } from "./build/build-queue.js";
import { Crons } from "./crons/crons.js";
import { Drains } from "./drains/drains.js";
import { Edge } from "./edge/edge.js";
import { Regions } from "./edge/regions.js";
import { Blobs } from "./folder/blobs.js";
import { holdFolder } from "./folder/lock.js";
import { Places } from "./folder/places.js";
import { prepareFolder, usingFolder } from "./folder/prepare-folder.js";
import { Seal } from "./folder/seal.js";
import { State } from "./folder/state.js";
import { sweepBlobs } from "./folder/sweep-blobs.js";
import { Happenings } from "./happenings.js";
import { identityOf } from "./identity.js";
import { systemRandom } from "./ids.js";
import { listenOn } from "./listen.js";
import type { Deployment } from "./model.js";
import { Production } from "./production.js";
import { RequestLog } from "./request-log.js";
import { helpersAreBuilt } from "./runtime/command.js";
import { Fleet } from "./runtime/fleet.js";
import { ProcessRecord } from "./runtime/process-group.js";
import { RuntimeLogs } from "./runtime/runtime-logs.js";
import { DEFAULT_LIMITS, type LocalCloudOptions } from "./settings.js";
import { Webhooks } from "./webhooks/webhooks.js";
import type { World } from "./world.js";

/** How often running stages and checks are looked at. */
const TICK_MS = 250;

/** A running local cloud. */
export interface LocalCloud {
  /** Base address of the REST API, without a slash at the end. */
  readonly apiUrl: string;
  /** Address that traffic is sent to; the `Host` header decides who answers. */
  readonly edgeUrl: string;
  /** Bearer token of the API. */
  readonly token: string;
  readonly team: { readonly id: string; readonly slug: string };
  readonly folder: string;
  /** Stops everything that was started; resolves when no process is left. */
  close(): Promise<void>;
}

/**
 * Starts a local cloud in a folder. What an earlier cloud left there is taken up: its state, its ports when they are
 * free, its unfinished builds; processes that it left running are ended.
 * @throws FolderHeldError when another cloud uses the folder; FolderUnusableError when it cannot be made or written;
 *   PortTakenError when a port that was asked for is taken
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  if (!helpersAreBuilt()) {
    throw new Error(
      "The local cloud's helper files are not built. Run the workspace's build first, then start again.",
    );
  }
  const folder = resolve(options.folder);
  prepareFolder(folder);
  const release = usingFolder(folder, () => holdFolder(folder));
  try {
    return await startHeld(folder, options, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function startHeld(
  folder: string,
  options: LocalCloudOptions,
  release: () => void,
): Promise<LocalCloud> {
  const world = await makeWorld(folder, options);
  const { state, identity } = world;
  const api = createServer(
    { requestTimeout: 0 },
    getRequestListener(restApi(world, options.faults ?? false).fetch, { overrideGlobalObjects: false }),
  );
  const edge = new Edge(world);
  const host = options.host ?? "127.0.0.1";
  const known = state.ports.get("ports");
  let complaint: string | null = null;
  const clockwork = setInterval(() => {
    const before = complaint;
    complaint = tick(world);
    if (complaint !== null && complaint !== before) console.error(complaint);
  }, TICK_MS);
  clockwork.unref();
  const close = async () => {
    clearInterval(clockwork);
    await Promise.all([closeServer(api), edge.close(), world.crons.close()]);
    await world.builds.close();
    await world.fleet.close();
    await Promise.all([world.drains.close(), world.webhooks.close()]);
    await Promise.all([world.runtimeLogs.flush(), world.requests.flush()]);
    state.close();
    release();
  };
  try {
    const apiPort = await listenOn(api, host, options.apiPort ?? 0, known?.api ?? 0);
    const edgePort = await listenOn(edge.server, host, options.edgePort ?? 0, known?.edge ?? 0);
    if (known?.api !== apiPort || known.edge !== edgePort)
      state.ports.put({ id: "ports", api: apiPort, edge: edgePort });
    takeUpBuilds(world);
    world.drains.takeUp();
    world.webhooks.takeUp();
    const deploymentIds = state.deployments.all().map(({ id }) => id);
    sweepBlobs(world.places, deploymentIds, Date.now()).catch((error: unknown) => {
      console.error("Files that no deployment uses could not be removed:", error);
    });
    const at = host.includes(":") ? `[${host}]` : host;
    world.crons.open(`http://${at}:${edgePort}`);
    let closing: Promise<void> | null = null;
    return {
      apiUrl: `http://${at}:${apiPort}`,
      edgeUrl: `http://${at}:${edgePort}`,
      token: identity.token,
      team: { id: identity.team.id, slug: identity.team.slug },
      folder,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeWorld(folder: string, options: LocalCloudOptions): Promise<World> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const clock = options.clock ?? Date.now;
  const random = options.random ?? systemRandom;
  const places = new Places(folder);
  const record = new ProcessRecord(places.processes);
  await record.reap();
  const state = State.open(folder);
  const seal = Seal.open(places.key);
  const blobs = new Blobs(places.blobs, limits.fileBytes);
  const happenings = new Happenings();
  const identity = identityOf(state, random, options.teamSlug ?? "local");
  const news = productionNews(state, happenings, identity, (id) => builds.add(id));
  const production = new Production(state, clock, random, news);
  announceChanges(state, happenings, identity, production, clock);
  const webhooks = new Webhooks(state, seal, clock, random, happenings);
  const runtimeLogs = new RuntimeLogs(places, limits.runtimeLogBytes, clock, random);
  const common = { state, places, seal, limits, clock, random, record };
  const servesProduction = ({ id, projectId }: Deployment) =>
    state.projects.get(projectId)?.productionDeploymentId === id ||
    production.rolling.active(projectId)?.canaryDeploymentId === id;
  const fleet = new Fleet({
    ...common,
    logs: runtimeLogs,
    wanted: (deployment) =>
      servesProduction(deployment) ? (state.projects.get(deployment.projectId)?.instances ?? 1) : 1,
    servesProduction,
  });
  const requests = await RequestLog.open(places.requests, limits.requestLogBytes);
  const drains = new Drains(state, seal, places, requests, runtimeLogs);
  const builds: BuildQueue = new BuildQueue({
    ...common,
    blobs,
    onBuilt: (deployment, output) => production.built(deployment, output),
    onLine: (deployment, event) => drains.build(deployment, event),
    onChange: (deployment) => happenings.emit("deployment", deployment),
  });
  return {
    ...common,
    identity,
    blobs,
    builds,
    fleet,
    production,
    runtimeLogs,
    requests,
    drains,
    webhooks,
    happenings,
    regions: new Regions(),
    crons: new Crons(state, seal, clock),
  };
}

/**
 * Does what is due by the clock. What cannot be noted now (a full disk) is not done, and is tried again the next time.
 * @returns what went wrong; null when nothing did
 */
function tick({ production, crons }: World): string | null {
  try {
    production.rolling.tick();
    production.checks.tick();
    crons.tick();
    return null;
  } catch (error) {
    return `What is due by the clock cannot be done yet: ${(error as Error).message}`;
  }
}

/** Builds that the last cloud did not finish begin again; those that wait for checks go on waiting. */
function takeUpBuilds(world: World): void {
  const unfinished = new Set(["QUEUED", "INITIALIZING", "BUILDING"]);
  for (const deployment of world.state.deployments.all()) {
    if (!unfinished.has(deployment.readyState) || deployment.output !== null) continue;
    if (world.production.checks.hold(deployment, "build-start")) continue;
    world.state.deployments.put({ ...deployment, readyState: "QUEUED" });
    world.builds.add(deployment.id);
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
