import { join } from "node:path";
import { type OwnServer, postgresDatabases, startOwnServer } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import { startLocalCloud } from "@atoms/local-cloud";
import {
  type Databases,
  drillCouldNotBegin,
  drillFailed,
  type HealthExpectation,
  healthSeen,
  proveHealth,
} from "@atoms/playbook";
import { removeProcessFile, writeProcessFile } from "../../background/process-file.js";
import { openControlPlane } from "../../open-control-plane.js";
import { makePlaces, placesOf } from "../../places.js";
import { runCommand } from "../../workspace/index.js";
import { databaseVariables, deployService } from "./deploy.js";
import { databasePrefix, type StageOrder, serverFolders } from "./order.js";
import { addressVariables, probeVariable } from "./playbook.js";
import type { Stage, StageDatabase } from "./scenario.js";
import { mainUrls } from "./steps.js";

const prepareMs = 600_000;

/** Builds a stage, works on it, and takes it down again whatever happens. */
export async function onStage<T>(
  order: StageOrder,
  signal: AbortSignal,
  tell: (doing: string) => void,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const takeDown: (() => Promise<unknown>)[] = [];
  try {
    return await work(await build(order, signal, tell, takeDown));
  } finally {
    for (const one of takeDown.reverse()) await one().catch((error: unknown) => console.error(error));
  }
}

async function build(
  order: StageOrder,
  signal: AbortSignal,
  tell: (doing: string) => void,
  takeDown: (() => Promise<unknown>)[],
): Promise<Stage> {
  const places = { ...placesOf(order.folder), logs: order.logs };
  makePlaces(places);
  const { system, servers } = await serversOf(order, signal, tell, takeDown);
  const env = await environmentOf(order, system, servers, takeDown);
  const startCloud = () => startLocalCloud({ folder: places.cloud, faults: true });
  let cloud = await startCloud();
  takeDown.push(() => cloud.close());
  const cloudFile = join(places.run, "cloud.json");
  writeProcessFile(cloudFile, {
    api: cloud.apiUrl,
    edge: cloud.edgeUrl,
    token: cloud.token,
    team: cloud.team,
  });
  takeDown.push(async () => removeProcessFile(cloudFile));
  // Nobody is told of a recovery that is only rehearsed.
  const plane = await openControlPlane({
    places,
    env: env.variables,
    kind: "background",
    print: () => undefined,
  });
  takeDown.push(() => plane.close());
  const open = await plane.open({ playbook: order.playbook });
  const platform = await open.platform();
  const stage: Stage = {
    order,
    plane,
    platform,
    databases: system,
    of: env.databases,
    ...(servers.main === undefined ? {} : { server: servers.main }),
    signal,
    atTheEnd: (one) => void takeDown.push(one),
    async loseRegion(region) {
      const answer = await fetch(`${cloud.apiUrl}/atoms/faults/regions/${region}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${cloud.token}` },
        signal,
      });
      if (!answer.ok)
        throw drillCouldNotBegin({
          because: `the region ${region} could not be taken down (${answer.status})`,
        });
    },
    async loseCloud() {
      const { apiUrl, edgeUrl } = cloud;
      await cloud.close();
      return async () => {
        cloud = await startCloud();
        if (cloud.apiUrl !== apiUrl || cloud.edgeUrl !== edgeUrl)
          throw drillFailed({
            because: `The stage's cloud came back at ${cloud.edgeUrl}, because something else has taken ${edgeUrl} meanwhile.`,
          });
      };
    },
    async well(urls, timeoutMs, through) {
      const expected = Object.entries(urls).map(([name, url]): HealthExpectation => {
        const settings = order.databases[name];
        if (settings === undefined) throw new Error(`the drill lost its database ${name}`);
        const { status, target, words } = settings;
        return { database: name, status, target, words, is: system.target(url) };
      });
      const hosts = through?.hosts ?? (await platform.production(signal)).hosts;
      const headers = {
        ...platform.passHeaders(),
        ...(order.probe === undefined ? {} : { [order.probe.name]: order.probe.value }),
      };
      return proveHealth(
        { hosts, path: order.health, headers, expected, timeoutMs },
        { http: through?.http ?? plane.http, clock: plane.clock },
        signal,
      );
    },
  };
  await bringUp(stage, tell);
  return stage;
}

/** The PostgreSQL of a stage: two servers of its own, or one that the playbook names. */
async function serversOf(
  order: StageOrder,
  signal: AbortSignal,
  tell: (doing: string) => void,
  takeDown: (() => Promise<unknown>)[],
): Promise<{ system: Databases; servers: { main?: OwnServer; beside: string } }> {
  const { serverUrl, programs, path, drill } = order;
  const system = postgresDatabases({ clock: systemClock, ...(path === undefined ? {} : { path }) });
  if (serverUrl !== undefined) {
    tell(`making databases on ${system.shown(serverUrl)}`);
    return { system, servers: { beside: serverUrl } };
  }
  if (programs === undefined) throw new Error("a drill without a server and without programs");
  tell("starting two PostgreSQL servers");
  const folders = serverFolders(drill);
  const start = async (folder: string) => {
    const server = await startOwnServer({ programs, folder, signal });
    takeDown.push(() => server.remove());
    return server;
  };
  const [main, standby] = await Promise.all([start(folders.main), start(folders.standby)]);
  return { system, servers: { main, beside: standby.url } };
}

/** Makes the databases of the stage, and the one that its control plane keeps its own state in. */
async function environmentOf(
  order: StageOrder,
  system: Databases,
  { main, beside }: { main?: OwnServer; beside: string },
  takeDown: (() => Promise<unknown>)[],
) {
  const prefix = databasePrefix(order.drill);
  const named = (url: string, name: string) => {
    const changed = new URL(url);
    changed.pathname = `/${prefix}${name}`;
    return changed.href;
  };
  const made = async (url: string, name: string) => {
    if (main === undefined) takeDown.push(() => system.drop(named(url, name)));
    return system.make(url, { name: `${prefix}${name}` });
  };
  const variables: Record<string, string | undefined> = {
    ...(order.path === undefined ? {} : { PATH: order.path }),
    DATABASE_URL: await made(beside, "store"),
    [probeVariable]: order.probe?.value,
    ...order.environment,
  };
  const databases: StageDatabase[] = [];
  for (const [index, name] of Object.keys(order.databases).entries()) {
    const url = await made(main?.url ?? beside, `${index}`);
    // A standby is a place for a database on a server that answers; the recovery makes the database.
    const standby = order.failure === "server" ? named(beside, `${index}`) : undefined;
    const variable = addressVariables(index);
    variables[variable.main] = url;
    if (standby !== undefined) variables[variable.standby] = standby;
    databases.push({ name, main: url, ...(standby === undefined ? {} : { standby }) });
  }
  return { variables, databases };
}

/** Brings the service into production on the stage, and proves that it is well and uses the databases of the stage. */
async function bringUp(stage: Stage, tell: (doing: string) => void): Promise<void> {
  const { order, platform, signal } = stage;
  const own = databaseVariables(stage);
  if (order.prepare !== undefined) {
    tell("running recovery.drill.prepare");
    const done = await runCommand(order.prepare, {
      cwd: order.source,
      env: { ...process.env, ...order.variables, ...own },
      timeoutMs: prepareMs,
      signal,
      redact: (line) => hidden(line, Object.values(own)),
    });
    if (done.exit !== 0)
      throw drillCouldNotBegin({
        because: `recovery.drill.prepare ${done.exit === undefined ? "did not end" : `ended with ${done.exit}`}: ${done.lastLines.slice(-3).join(" / ")}`,
      });
  }
  tell("deploying the service on a local cloud");
  await deployService(stage, platform);
  const proof = await stage.well(mainUrls(stage), order.settleMs);
  signal.throwIfAborted();
  if (!proof.proven)
    throw drillCouldNotBegin({
      because: `the service does not say on the stage that it is well: ${healthSeen(proof.hosts)}`,
    });
}

/** A line without these addresses and their passwords. */
function hidden(line: string, addresses: readonly string[]): string {
  return addresses
    .flatMap((address) => [address, new URL(address).password])
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), line);
}
