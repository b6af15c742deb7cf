import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { postgresDatabases } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import { startLocalCloud } from "@atoms/local-cloud";
import type { Release } from "@atoms/playbook";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { removeProcessFile, writeProcessFile } from "../background/process-file.js";
import { takeFull } from "../backups/index.js";
import type { JobPort } from "../jobs.js";
import { openControlPlane } from "../open-control-plane.js";
import { makePlaces, placesOf } from "../places.js";
import { recoverDatabases } from "../verbs/recovery.js";
import type { InputOf } from "../verbs/verb.js";
import { gateTo } from "./drill/gate.js";

const run = promisify(execFile);
export const ada = { kind: "person", name: "ada", via: "cli" } as const;
const job: JobPort = {
  say: () => undefined,
  progress: () => undefined,
  signal: new AbortController().signal,
};
export const databases = postgresDatabases({ clock: systemClock });

/** A service that opens a session on its database for every look at its health, and says which it uses. */
const service = {
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
const url = new URL(process.env.DATABASE_URL);
const target = createHash("sha256").update(url.hostname + ":" + url.port + url.pathname).digest("hex").slice(0, 8);
const words = "user\\0" + url.username + "\\0database\\0" + url.pathname.slice(1) + "\\0\\0";
const hello = Buffer.alloc(8 + words.length);
hello.writeInt32BE(hello.length, 0);
hello.writeInt32BE(196608, 4);
hello.write(words, 8);
const opens = () => new Promise((resolve) => {
  const socket = connect(Number(url.port), url.hostname, () => socket.write(hello));
  const say = (well) => { socket.destroy(); resolve(well); };
  socket.setTimeout(2000, () => say(false)).on("error", () => say(false)).on("close", () => say(false));
  let said = Buffer.alloc(0);
  socket.on("data", (data) => {
    said = Buffer.concat([said, data]);
    for (let at = 0; at + 5 <= said.length; at += 1 + said.readInt32BE(at + 1)) {
      // "Z": ready for a question. "E": for one, there is no such database.
      if (said[at] === 90) say(true);
      if (said[at] === 69) say(false);
    }
  });
});
createServer(async (request, response) => {
  const status = process.env.SICK === "yes" ? "unhealthy" : (await opens()) ? "healthy" : "unhealthy";
  const database = process.env.SILENT === "yes" ? { status } : { status, target };
  response.writeHead(status === "healthy" ? 200 : 503, { "content-type": "application/json" });
  const digest = (text) => createHash("sha256").update(text ?? "").digest("hex");
  const secrets = { session: digest(process.env.SESSION_SECRET), pay: digest(process.env.PAY_KEY) };
  response.end(JSON.stringify({ status, checks: { database }, secrets }));
}).listen(process.env.PORT);
`,
};

/** A way to a server that can be cut, as if the server had died. */
async function cuttable(url: string) {
  const to = new URL(url);
  const { server, cut } = gateTo({ host: to.hostname, port: Number(to.port) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const through = new URL(url);
  through.port = String((server.address() as { port: number }).port);
  return {
    url: through.href,
    cut: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

export type RecoveryTestWorld = Awaited<ReturnType<typeof recoveryWorld>>;
export type RecoveryTestBase = Awaited<ReturnType<typeof recoveryBase>>;

/** A folder with a local cloud and a control plane, for many services. */
export async function recoveryBase() {
  const server = process.env["ATOMS_TEST_DB"];
  if (server === undefined)
    throw new Error("ATOMS_TEST_DB is not set; `npm test -- apps/control-plane` sets it");
  const root = mkdtempSync(join(tmpdir(), "atoms-recovery-"));
  const places = placesOf(root);
  makePlaces(places);
  mkdirSync(join(root, "service"));
  for (const [name, text] of Object.entries(service)) writeFileSync(join(root, "service", name), text);
  const cloud = await startLocalCloud({ folder: places.cloud, faults: true });
  const cloudFile = join(places.run, "cloud.json");
  writeProcessFile(cloudFile, {
    api: cloud.apiUrl,
    edge: cloud.edgeUrl,
    token: cloud.token,
    team: cloud.team,
  });
  const env: Record<string, string | undefined> = { PATH: process.env["PATH"] };
  const plane = await openControlPlane({ places, env, kind: "background", print: () => undefined });
  return {
    server,
    root,
    places,
    env,
    cloud,
    plane,
    async end() {
      await plane.close().catch(() => undefined);
      removeProcessFile(cloudFile);
      await cloud.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/**
 * A service in production with its rows on a real PostgreSQL behind a way that can be cut, and a standby.
 * @param given.recovery More of the playbook's section, as YAML lines.
 * @param given.variables Variables of the service.
 */
export async function recoveryWorld(
  { server, root, env, cloud, plane }: RecoveryTestBase,
  given: { recovery?: string; variables?: Record<string, string>; rows?: number; standby?: boolean } = {},
) {
  const tail = randomBytes(4).toString("hex");
  const name = `shop-${tail}`;
  const at = (database: string) => {
    const url = new URL(server);
    url.pathname = `/${database}`;
    return url.href;
  };
  const direct = await databases.make(server, { name: `shop_${tail}` });
  const main = await cuttable(direct);
  const standby = at(`standby_${tail}`);
  const sql = async (url: string, text: string) =>
    (await run("psql", ["-qAt", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", url, "-c", text])).stdout.trim();
  await sql(
    direct,
    `create table notes (id serial primary key, body text);
     insert into notes (body) select 'staple-battery ' || i from generate_series(1, ${given.rows ?? 300}) i`,
  );
  const variable = (of: string) => `${of}_${tail.toUpperCase()}_DATABASE_URL`;
  env[variable("SHOP")] = main.url;
  env[variable("STANDBY")] = standby;
  const playbook = join(root, `${name}.yaml`);
  const backups = join(root, `backups-${tail}`);
  writeFileSync(
    playbook,
    [
      "version: 1",
      `service: { name: ${name}, source: service }`,
      "backup:",
      `  folder: backups-${tail}`,
      `  databases: { main: { url: "\${${variable("SHOP")}}" } }`,
      "recovery:",
      ...(given.standby === false
        ? []
        : [`  databases: { main: { standby_url: "\${${variable("STANDBY")}}" } }`]),
      "  targets: { rto: 5m, rpo: 5m }",
      ...(given.recovery === undefined ? [] : [given.recovery]),
      "",
    ].join("\n"),
  );

  const platform = await (await plane.open({ playbook })).platform();
  await platform.ensureProject();
  for (const [key, value] of Object.entries({ DATABASE_URL: main.url, ...given.variables }))
    await platform.setVariable(key, value, { secret: key === "DATABASE_URL" });
  const files = Object.entries(service).map(([path, text]) => ({
    path,
    sha1: createHash("sha1").update(text).digest("hex"),
    size: Buffer.byteLength(text),
    mode: 0o100644,
  }));
  const { id: first } = await platform.createDeployment({
    release: `rel_first_${tail}`,
    version: "v1",
    source: { digest: "first", files },
    variables: {},
    read: async ({ path }) => Buffer.from(service[path as keyof typeof service]),
  });
  await vi.waitFor(
    async () => {
      const found = await platform.deployment(first);
      if (found?.state !== "ready") throw new Error(`${first} is ${found?.state}`);
    },
    { timeout: 30_000, interval: 100 },
  );
  await platform.promote(first);

  const start = (asked: Partial<InputOf<typeof recoverDatabases>> = {}) =>
    recoverDatabases.run(
      plane,
      recoverDatabases.input.parse({ playbook, confirm: "database_failure", ...asked }),
      ada,
    );
  const ended = (id: string): Promise<Release> =>
    vi.waitFor(
      async () => {
        const release = await (await plane.store()).releases.get(id);
        if (release === undefined || release.state === "running")
          throw new Error(`it is still ${release?.activity?.doing}`);
        return release;
      },
      { timeout: 90_000, interval: 100 },
    );
  return {
    server,
    root,
    env,
    name,
    playbook,
    backups,
    cloud,
    platform,
    first,
    direct,
    standby,
    sql,
    cutMain: main.cut,
    mainUrl: main.url,
    /** What production says of its database. */
    async health(): Promise<{ status?: string; target?: string }> {
      return (await this.saying()).checks.database;
    },
    /** All that production says of itself; of its secrets their digests. */
    async saying(
      headers: Record<string, string> = {},
    ): Promise<{ checks: { database: object }; secrets: { session: string; pay: string } }> {
      const [host = ""] = (await platform.production()).hosts;
      const answer = await plane.http.send({ url: `${host}/health`, headers, timeoutMs: 5_000 });
      if (!answer.answered) throw new Error(answer.message);
      return JSON.parse(answer.body);
    },
    backup: async () => takeFull(plane, await plane.open({ playbook }), { actor: ada }, job),
    start,
    ended,
    recover: async (asked?: Parameters<typeof start>[0]) => ended((await start(asked)).id),
    store: () => plane.store(),
    plane,
    async events(kind: string) {
      const all = await (await plane.store()).ledger.read({ kind, limit: 500 });
      return all.filter(({ service: of }) => of === name);
    },
    async end() {
      await main.cut().catch(() => undefined);
      const left = await sql(server, `select datname from pg_database where datname like '%${tail}%'`);
      for (const one of left.split("\n")) if (one !== "") await databases.drop(at(one));
    },
  };
}

/**
 * One base for the tests of a file, and a world for each that asks, taken down when they are over. Long bounds: a real
 * PostgreSQL, a real local cloud and a real service take their time on a busy machine.
 * @returns what makes a fresh world.
 */
export function recoveryWorlds(): (
  given?: Parameters<typeof recoveryWorld>[1],
) => Promise<RecoveryTestWorld> {
  let base: RecoveryTestBase | undefined;
  let world: RecoveryTestWorld | undefined;
  beforeAll(async () => {
    base = await recoveryBase();
  }, 120_000);
  afterAll(async () => {
    await base?.end();
  }, 120_000);
  afterEach(async () => {
    await world?.end();
    world = undefined;
  }, 120_000);
  return async (given) => {
    if (base === undefined) throw new Error("a world before its base");
    world = await recoveryWorld(base, given);
    return world;
  };
}
