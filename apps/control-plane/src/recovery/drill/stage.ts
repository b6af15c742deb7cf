import { join } from "node:path";
import { type OwnServer, postgresDatabases, startOwnServer } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import { startLocalCloud } from "@atoms/local-cloud";
import {
  type Databases,
  drillCouldNotBegin,
  type HealthExpectation,
  healthSeen,
  proveHealth,
} from "@atoms/playbook";
import { removeProcessFile, writeProcessFile } from "../../background/process-file.js";
import { openControlPlane } from "../../open-control-plane.js";
import { makePlaces, placesOf } from "../../places.js";
import { versionAt } from "../../release-id.js";
import { keepSource } from "../../source.js";
import { readBlob, runCommand } from "../../workspace/index.js";
import { databasePrefix, type StageOrder, serverFolders } from "./order.js";
import { addressVariables, probeVariable } from "./playbook.js";
import type { Stage, StageDatabase } from "./scenario.js";
import { mainUrls } from "./steps.js";

const prepareMs = 600_000;
const buildMs = 600_000;
const pollMs = 100;

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
  const cloud = await startLocalCloud({ folder: places.cloud, faults: true });
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
    async well(urls, timeoutMs) {
      const expected = Object.entries(urls).map(([name, url]): HealthExpectation => {
        const settings = order.databases[name];
        if (settings === undefined) throw new Error(`the drill lost its database ${name}`);
        const { status, target, words } = settings;
        return { database: name, status, target, words, is: system.target(url) };
      });
      const { hosts } = await platform.production(signal);
      const headers = {
        ...platform.passHeaders(),
        ...(order.probe === undefined ? {} : { [order.probe.name]: order.probe.value }),
      };
      return proveHealth({ hosts, path: order.health, headers, expected, timeoutMs }, plane, signal);
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
  const { order, plane, platform, signal } = stage;
  const own = Object.fromEntries(
    stage.of.map(({ name, main }) => [order.databases[name]?.variable ?? "DATABASE_URL", main]),
  );
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
  await platform.ensureProject(signal);
  for (const [key, value] of Object.entries({ ...order.variables, ...own }))
    await platform.setVariable(key, value, { secret: key in own || order.secrets.includes(key) }, signal);
  const source = await keepSource(plane.places, order.source, order.own);
  const { id } = await platform.createDeployment(
    {
      release: order.drill,
      version: versionAt(plane.clock.now()),
      source,
      variables: {},
      read: ({ sha1, path }) => readBlob(plane.places.blobs, sha1, path),
    },
    signal,
  );
  await built(stage, id);
  await platform.promote(id, signal);
  const proof = await stage.well(mainUrls(stage), order.settleMs);
  signal.throwIfAborted();
  if (!proof.proven)
    throw drillCouldNotBegin({
      because: `the service does not say on the stage that it is well: ${healthSeen(proof.hosts)}`,
    });
}

async function built({ platform, plane, signal }: Stage, id: string): Promise<void> {
  const until = plane.clock.monotonic() + buildMs;
  for (;;) {
    const found = await platform.deployment(id, signal);
    if (found?.state === "ready") return;
    if (found?.state !== "building" || plane.clock.monotonic() > until) {
      const lines = (await platform.logs(id, 10, signal)).map(({ text }) => text.trim()).slice(-3);
      throw drillCouldNotBegin({
        because: `the service was not built: ${found?.failure ?? found?.state ?? "gone"} ${lines.join(" / ")}`,
      });
    }
    await plane.clock.sleep(pollMs, signal);
  }
}

/** A line without these addresses and their passwords. */
function hidden(line: string, addresses: readonly string[]): string {
  return addresses
    .flatMap((address) => [address, new URL(address).password])
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), line);
}
