import { randomBytes } from "node:crypto";
import { cpSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { postgresDatabases } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atomsMcpPlaybook } from "../../bench/lib/atoms-mcp-playbook.mjs";
import { type RedisServer, startRedis } from "../redis.world.js";
import { type Line, openShop, type Shop } from "./shop.js";

// The Atoms MCP Server with a real PostgreSQL on the local cloud, and the built command.

const server = process.env["ATOMS_TEST_DB"] ?? "";
const databases = postgresDatabases({ clock: systemClock });
const bundle = fileURLToPath(new URL("../../services/atoms-mcp/deploy", import.meta.url));
let shop: Shop;
let redis: RedisServer;
let url: string;
let production: string;

const playbook = (more = "", database?: string) =>
  atomsMcpPlaybook({
    maintenance: `  closes_within: 20s\n  opens_within: 20s\n${more}`,
    ...(database === undefined ? {} : { database }),
  });

const tasks = `  caches:
    pages: { url: "\${SHOP_REDIS_URL}", prefix: "shop:pages:" }
  tasks:
    - { name: vacuum, kind: vacuum, database: main }
    - { name: index, kind: command, run: "echo indexed for $ATOMS_MAINTENANCE" }
    - { name: clear-pages, kind: cache, cache: pages }
    - { name: broken, kind: command, run: "echo no such index; exit 3" }
`;

beforeAll(async () => {
  if (server === "") throw new Error("ATOMS_TEST_DB is not set; `npm test -- <this file>` sets it");
  url = await databases.make(server, { name: `mnt_${randomBytes(4).toString("hex")}` });
  shop = openShop(playbook(tasks));
  shop.env["SHOP_DATABASE_URL"] = url;
  redis = await startRedis();
  shop.env["SHOP_REDIS_URL"] = redis.url;
  cpSync(bundle, join(shop.folder, "service"), { recursive: true });
  // On a machine that is out of breath the service's cold start alone may fail the release; it is not what is tested here.
  let last: Line;
  for (let i = 0; i < 3 && last?.release?.state !== "released"; i++)
    ({ last } = await shop.json("deploy", "--now"));
  expect(last, JSON.stringify(last)).toMatchObject({ release: { state: "released" } });
  production = (await shop.json("status")).last.production.hosts[0].host;
}, 600_000);

afterAll(async () => {
  await shop?.close();
  await redis?.close();
  if (url !== undefined) await databases.drop(url);
}, 60_000);

/** Asks production as a user does. */
async function ask(path: string, method = "GET"): Promise<{ status: number; body: Line }> {
  const { hostname, port } = new URL(production);
  return new Promise((resolve, reject) => {
    request(
      { host: "127.0.0.1", port, path, method, headers: { host: `${hostname}:${port}` } },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => {
          body += text;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) }));
      },
    )
      .on("error", reject)
      .end();
  });
}

async function flag(): Promise<Line> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query("select value from service_flags where name = 'maintenance'");
  await client.end();
  return rows[0]?.value;
}

const maintenance = (...args: string[]) => shop.json("maintenance", ...args, "--yes");
const closed = { status: 200, body: { status: "maintenance", maintenance: true } };
const open = { status: 200, body: { status: "healthy", maintenance: false } };

describe("maintenance of a real service", () => {
  it("closes every host, stays closed, and opens when it is ended", {
    timeout: 400_000,
  }, async () => {
    expect((await shop.json("up")).code).toBe(0);
    const begun = await maintenance("start", "new index", "--without-tasks");
    expect(begun.code, JSON.stringify(begun.lines)).toBe(0);
    const { id, state } = begun.last.maintenance;
    expect(state).toBe("closed");
    expect(await ask("/health")).toMatchObject(closed);
    expect(await ask("/api/mcp", "POST")).toMatchObject({ status: 503, body: { error: "maintenance" } });
    expect(await flag()).toMatchObject({ on: true, maintenance: id, because: "new index" });

    const [silence] = (await shop.json("silence", "list")).last;
    expect(silence).toMatchObject({ source: { kind: "maintenance", id } });
    const twice = await maintenance("start");
    expect(twice.code).toBe(4);
    expect(twice.last.problem).toMatchObject({ code: "ATM-631" });
    expect((await shop.json("maintenance")).last).toMatchObject([{ id, state: "closed" }]);

    const ended = await maintenance("end");
    expect(ended.code).toBe(0);
    expect(ended.last.maintenance).toMatchObject({ id, state: "done", endAsked: { by: expect.any(String) } });
    expect(await ask("/health")).toMatchObject(open);
    expect(await flag()).toMatchObject({ on: false });
    expect((await shop.json("silence", "list")).last).toEqual([]);
    expect((await maintenance("end")).last.problem).toMatchObject({ code: "ATM-630" });
  });

  it("runs the playbook's tasks in order, and opens when they are done", { timeout: 400_000 }, async () => {
    const done = await maintenance("start", "monthly", "--task", "vacuum", "--task", "index");
    expect(done.code, JSON.stringify(done.lines)).toBe(0);
    const { id, done: outcomes } = done.last.maintenance;
    expect(outcomes).toMatchObject([
      { task: "vacuum", outcome: "done", saw: expect.stringMatching(/^\d+ tables were cleaned/) },
      { task: "index", outcome: "done", saw: `indexed for ${id}` },
    ]);
    expect(await ask("/health")).toMatchObject(open);
    const broken = await maintenance("start", "x", "--task", "broken");
    expect(broken.code).toBe(1);
    expect(broken.last.maintenance.problem).toMatchObject({ code: "ATM-639" });
    expect(broken.last.maintenance.problem.happened).toContain(
      "it ended with 3; its last line: no such index",
    );
    expect(await ask("/health")).toMatchObject(open);
  });

  it("clears a cache when it is confirmed by its name, and nothing else of its server", {
    timeout: 400_000,
  }, async () => {
    await redis.fill("shop:pages", 2_500);
    await redis.fill("shop:sessions", 5);
    expect((await shop.json("maintenance", "tasks")).last).toContainEqual({
      task: "clear-pages",
      kind: "cache",
      door: "closed",
      does: expect.stringMatching(/^clears keys that begin with "shop:pages:" of 127\.0\.0\.1:\d+\/0$/),
      clears: "pages",
    });
    const unasked = await shop.json("maintenance", "start", "x", "--task", "clear-pages");
    expect(unasked).toMatchObject({ code: 4, last: { problem: { code: "ATM-922" } } });
    expect(await redis.run("dbsize")).toBe("2505");
    const done = await maintenance("start", "stale", "--task", "clear-pages", "--confirm", "pages");
    expect(done.code, JSON.stringify(done.lines)).toBe(0);
    expect(done.last.maintenance.done).toMatchObject([
      {
        outcome: "done",
        saw: 'pages: 2,500 of 2,500 keys that begin with "shop:pages:" were removed',
      },
    ]);
    expect(await redis.run("dbsize")).toBe("5");
    expect(await ask("/health")).toMatchObject(open);
  });

  it.each([
    {
      what: "an unknown environment",
      args: ["start", "--environment", "staging"],
      code: 2,
      problem: "ATM-633",
    },
    { what: "an unknown task", args: ["start", "--task", "vacum"], code: 2, problem: "ATM-640" },
    { what: "too long a time", args: ["start", "--for", "3d"], code: 2, problem: "ATM-641" },
    { what: "a time that is none", args: ["start", "--for", "soon"], code: 2, problem: "ATM-921" },
    { what: "end without start", args: ["end"], code: 4, problem: "ATM-630" },
  ])("refuses $what, and nothing is changed", { timeout: 200_000 }, async ({ args, code, problem }) => {
    const refused = await maintenance(...args);
    expect(refused).toMatchObject({ code, last: { problem: { code: problem } } });
    expect(await ask("/health")).toMatchObject(open);
  });

  it.each([
    {
      what: "without a flag",
      text: playbook().replace("  flag: { database: main }\n", ""),
      code: 2,
      problem: "ATM-632",
    },
    {
      what: "when the database is down",
      text: playbook("", "postgres://a@127.0.0.1:9/x"),
      code: 1,
      problem: "ATM-232",
    },
    {
      what: "when the table is another",
      text: playbook().replace("flag: { database: main }", "flag: { database: main, table: flags }"),
      code: 1,
      problem: "ATM-635",
    },
  ])("refuses $what", { timeout: 200_000 }, async ({ text, code, problem }) => {
    shop.write("playbook.yaml", text);
    const refused = await maintenance("start");
    shop.write("playbook.yaml", playbook(tasks));
    expect(refused).toMatchObject({ code, last: { problem: { code: problem } } });
    expect((await shop.json("maintenance")).last).toEqual([]);
  });

  it("takes a flag back that the service does not read, and says what it saw", {
    timeout: 300_000,
  }, async () => {
    shop.write(
      "playbook.yaml",
      playbook()
        .replace("flag: { database: main }", "flag: { database: main, name: door }")
        .replace("20s", "6s"),
    );
    const failed = await maintenance("start");
    shop.write("playbook.yaml", playbook(tasks));
    expect(failed).toMatchObject({
      code: 1,
      last: { maintenance: { state: "failed", problem: { code: "ATM-636" } } },
    });
    expect(failed.last.maintenance.problem.happened).toContain('says "healthy"');
  });

  it("is lifted in time by the next command when its process was killed", { timeout: 400_000 }, async () => {
    await shop.json("down");
    const running = shop.start("maintenance", "start", "killed", "--without-tasks", "--for", "45s", "--yes");
    await running.until((line) => line.kind === "maintenance.closed");
    running.kill("SIGKILL");
    await running.ended;
    // Its processes are another's: the local cloud goes on, and the door with it.
    expect(await flag()).toMatchObject({ on: true });
    const { maintenance: id, until } = running.lines.find(({ kind }) => kind === "maintenance.started").data;
    await pause(Math.max(0, until - Date.now()));
    expect((await shop.json("maintenance")).last).toEqual([]);
    production = (await shop.json("status")).last.production.hosts[0].host;
    expect(await ask("/health")).toMatchObject(open);
    const [over] = (await shop.json("maintenance", "list", "--all")).last;
    expect(over).toMatchObject({ id, state: "done" });
    expect((await shop.json("ledger", "--verify")).code).toBe(0);
  });

  it("is lifted by a control plane that starts later, too", { timeout: 400_000 }, async () => {
    const running = shop.start("maintenance", "start", "killed", "--without-tasks", "--for", "20s", "--yes");
    await running.until((line) => line.kind === "maintenance.closed");
    running.kill("SIGKILL");
    await running.ended;
    expect((await shop.json("up")).code).toBe(0);
    await expect
      .poll(async () => (await shop.json("maintenance", "list", "--all")).last[0].state, {
        timeout: 90_000,
        interval: 1_000,
      })
      .toBe("done");
    expect(await ask("/health")).toMatchObject(open);
  });
});

describe("maintenance as a choice in an emergency", () => {
  const emergency = async (...args: string[]) => {
    const ended = await shop.json(
      "emergency",
      ...args,
      "--within",
      "30s",
      "--yes",
      "--reason",
      "charged twice",
    );
    return { code: ended.code, last: ended.last, told: JSON.stringify(ended.lines.slice(1)) };
  };

  it("closes the door and opens it again, past a store that is away and by it, which takes it over", {
    timeout: 600_000,
  }, async () => {
    expect((await shop.json("down")).code).toBe(0);
    shop.env["DATABASE_URL"] = "postgres://atoms@127.0.0.1:9/atoms";
    const past = await emergency("maintenance");
    expect(past.last.acted, past.told).toMatchObject({ by: "journal" });
    expect(await flag()).toMatchObject({ on: true, because: "charged twice" });
    const seen = (await shop.json("emergency", "--within", "30s")).last;
    production = seen.hosts.value[0].host;
    expect(await ask("/health")).toMatchObject(closed);
    expect(seen).toMatchObject({ door: { value: { is: "closed" } }, culprit: { kind: "maintenance" } });
    const reopened = await emergency("reopen");
    expect(reopened.last.acted, reopened.told).toMatchObject({ by: "journal" });
    expect(await ask("/health")).toMatchObject(open);

    const again = await emergency("--do", "maintenance", "--for", "1h");
    expect(again.last.acted, again.told).toMatchObject({ by: "journal" });
    delete shop.env["DATABASE_URL"];
    const [standing] = (await shop.json("maintenance")).last;
    expect(standing).toMatchObject({ because: "charged twice", hold: true });
    const ended = await emergency("reopen");
    expect(ended.last.maintenance, ended.told).toMatchObject({ id: standing.id, state: "done" });
    expect(await ask("/health")).toMatchObject(open);
    expect(await flag()).toMatchObject({ on: false });

    const through = await emergency("maintenance");
    expect(through.last.maintenance, through.told).toMatchObject({ state: "closed" });
    expect(await ask("/health")).toMatchObject(closed);
    expect((await maintenance("end")).code).toBe(0);
    expect(await ask("/health")).toMatchObject(open);
  });
});
