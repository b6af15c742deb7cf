import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cuttableWayTo } from "./cuttable.js";
import { type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { type Line, openShop, type Shop } from "./shop.js";

/** PostgreSQL as `scripts/postgres.mjs` starts it for the tests. */
type Server = {
  url: string;
  stop(): Promise<void>;
  down(how: "fast" | "crash"): Promise<void>;
  up(): Promise<void>;
};

/** How many releases are begun while the database comes and goes. */
const releases = 3;

let server: Server;
let shop: Shop;
let cloud: FaultyCloud | undefined;

beforeEach(async () => {
  const scripts = new URL("../../scripts/postgres.mjs", import.meta.url).href;
  const { start } = (await import(scripts)) as { start(options: { durable: boolean }): Promise<Server> };
  server = await start({ durable: true });
  shop = openShop();
  shop.env["DATABASE_URL"] = server.url;
  cloud = await startFaultyCloud(shop);
}, 240_000);
afterEach(async () => {
  await shop.close();
  await cloud?.close();
  await server.stop();
}, 120_000);

it("a batch of releases ends well while PostgreSQL is stopped and started again every few seconds", {
  timeout: 1_500_000,
}, async () => {
  expect((await shop.atoms("up")).code).toBe(0);
  expect((await shop.json("deploy", "--now")).last.release).toMatchObject({ state: "released" });

  let over = false;
  let times = 0;
  const trouble = (async () => {
    while (!over) {
      await pause(4_000 + 1_000 * (times % 4));
      await server.down(times % 2 === 0 ? "fast" : "crash");
      times += 1;
      await pause(1_000 + 500 * (times % 4));
      await server.up();
    }
  })();

  const begun: string[] = [];
  try {
    begun.push(...(await begin(releases)));
  } finally {
    over = true;
    await trouble;
  }
  const ended = await allEnded();
  process.stderr.write(`PostgreSQL was stopped ${times} times, ${ended.length} releases\n`);
  expect(times).toBeGreaterThan(1);
  await expectNothingLostOrDoubled(begun, ended);
});

it("a batch of releases ends well while connections are cut in the middle of transactions", {
  timeout: 1_500_000,
}, async () => {
  const way = await cuttableWayTo(server.url);
  try {
    shop.env["DATABASE_URL"] = way.url;
    expect((await shop.atoms("up")).code).toBe(0);
    expect((await shop.json("deploy", "--now")).last.release).toMatchObject({ state: "released" });
    way.cutTransactions(9);
    const begun = await begin(releases);
    for (const late = performance.now() + 120_000; performance.now() < late; await pause(250))
      if (Object.values(way.cutSoFar).every((times) => times > 0)) break;
    way.cutTransactions(Number.POSITIVE_INFINITY);
    const ended = await allEnded();
    process.stderr.write(`cut: ${JSON.stringify(way.cutSoFar)}, ${ended.length} releases\n`);
    expect(Math.min(...Object.values(way.cutSoFar))).toBeGreaterThan(0);
    await expectNothingLostOrDoubled(begun, ended);
  } finally {
    await shop.atoms("down");
    await way.close();
  }
});

/** Begins releases one after the other, whatever comes in between. @returns their ids. */
async function begin(count: number): Promise<string[]> {
  const begun: string[] = [];
  for (const late = performance.now() + 1_200_000; begun.length < count && performance.now() < late; ) {
    // Refused while the database is away, or while the release before is still under way.
    const { last } = await shop.json("deploy", "--now", "--detach");
    if (last?.release?.id !== undefined) begun.push(last.release.id);
    await pause(1_000);
  }
  expect(begun).toHaveLength(count);
  return begun;
}

async function allEnded(): Promise<Line[]> {
  for (const late = performance.now() + 240_000; performance.now() < late; await pause(1_000)) {
    const all = (await shop.json("releases", "--limit", "50")).last as Line[];
    if (all.every(({ state }) => state !== "running")) return all;
  }
  throw new Error("a release did not end within four minutes after the database had come to stay");
}

/** Nothing that was acknowledged is gone, and each ended in a state that says where traffic is. */
async function expectNothingLostOrDoubled(begun: readonly string[], ended: readonly Line[]): Promise<void> {
  expect(ended.map(({ id }) => id)).toEqual(expect.arrayContaining([...begun]));
  const states = ended.map(({ state }) => state as string);
  expect(states.filter((state) => !["released", "failed", "rolled back"].includes(state))).toEqual([]);
  expect(states).toContain("released");
  const serves = ended.find(({ state }) => state === "released").candidate.id;
  expect((await cloud?.visit())?.deployment).toBe(serves);
  expect((await shop.json("ledger", "--verify")).last).toMatchObject({ intact: true });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query(
    `select release, kind, count(*)::int as times from atoms.ledger
       where kind in ('release.started', 'deployment.created', 'traffic.shifting', 'traffic.shifted', 'release.ended')
       group by release, kind having count(*) > 1`,
  );
  await client.end();
  expect(rows).toEqual([]);
}
