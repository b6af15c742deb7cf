import { setTimeout as pause } from "node:timers/promises";
import { openStore } from "@atoms/store";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { ownDatabase, testPostgres } from "./own-database.js";
import { type Line, openShop, playbook, type Shop } from "./shop.js";

const canary = `canary:
  steps: [50, 100]
  bake: 60s
  interval: 1s
  warm_up: 500ms
  step_minimum: 30s
  min_requests: 20
  source: probe
  probe: { rate: 20, paths: [/products] }
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
`;

let shop: Shop;
let cloud: FaultyCloud;
let database: { url: string; drop(): Promise<void> } | undefined;

beforeEach(() => {
  shop = openShop(playbook(canary, "{ duration: 60s, interval: 300ms, failures: 2, consecutive: 2 }"));
});
afterEach(async () => {
  await shop.close();
  await cloud?.close();
  await database?.drop();
  database = undefined;
}, 120_000);

/** A shop that has served well, and a second release of it whose command is killed while traffic is on the new version. */
async function killedWithTrafficMoved(strategy: "standard" | "canary") {
  cloud = await startFaultyCloud(shop);
  shop.write("playbook.yaml", playbook(canary));
  const first = await shop.json("deploy", "--now");
  expect(first.last.release, "the first release").toMatchObject({ state: "released" });
  shop.write(
    "playbook.yaml",
    playbook(canary, "{ duration: 60s, interval: 300ms, failures: 2, consecutive: 2 }"),
  );
  const running = shop.start("deploy", "--now", "--strategy", strategy);
  const moved = strategy === "canary" ? "traffic.step" : "traffic.shifted";
  await running.until((line) => line.kind === moved);
  running.kill("SIGKILL");
  await running.ended;
  const stands = (await shop.json("releases", "--limit", "1")).last[0] as Line;
  expect(stands).toMatchObject({ state: "running" });
  return { good: first.last.release.candidate.id as string, id: stands.id as string };
}

/** Makes it look as if another version of Atoms had begun everything that is under way. */
const ofAnotherVersion = `update atoms_engine.workflow_input set inputs = replace(inputs, '"name":"release","version":', '"name":"release","version":9')
  where workflow_uuid in (select workflow_uuid from atoms_engine.workflow_status where status = 'PENDING')`;

async function inStore(statement: string): Promise<void> {
  const url = shop.env["DATABASE_URL"];
  if (url !== undefined) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rowCount } = await client.query(statement).finally(() => client.end());
    expect(rowCount).toBeGreaterThan(0);
    return;
  }
  const store = await openStore({ folder: `${shop.folder}/.atoms/store` });
  const { rowCount } = await store.pool.query(statement).finally(() => store.close());
  expect(rowCount).toBeGreaterThan(0);
}

/** Everybody gets the one deployment, and nothing splits traffic. */
async function everybodyGets(deployment: string) {
  const visits = await Promise.all(Array.from({ length: 12 }, (_, i) => cloud.visit(`10.1.${i}.7`)));
  expect([...new Set(visits.map((visit) => visit.deployment))]).toEqual([deployment]);
}

async function ended(id: string): Promise<Line> {
  for (const late = performance.now() + 120_000; performance.now() < late; await pause(500)) {
    const { last } = await shop.json("releases", "--limit", "1");
    if (last[0].id === id && last[0].state !== "running") return last[0];
  }
  throw new Error(`${id} did not end within 120 s`);
}

const rescued = (id: string) => ({
  id,
  state: "rolled back",
  problem: { code: "ATM-515", stillTrue: expect.stringContaining("proven on every host") },
});

describe("a release that another version of Atoms began, and whose process died", () => {
  it.each(["standard", "canary"] as const)(
    "%s: `atoms deploy --resume` brings traffic to the last good deployment and ends it",
    { timeout: 400_000 },
    async (strategy) => {
      const { good, id } = await killedWithTrafficMoved(strategy);
      await inStore(ofAnotherVersion);
      const { code, last } = await shop.json("deploy", "--resume");
      expect(last.release).toMatchObject(rescued(id));
      expect(code).toBe(3);
      await everybodyGets(good);
      expect((await shop.json("ledger", "--verify")).last).toMatchObject({ intact: true });
      // The environment is free, and the next release is as any other.
      shop.write("playbook.yaml", playbook());
      expect((await shop.json("deploy", "--now")).last.release).toMatchObject({ state: "released" });
    },
  );

  it("is brought to safety by `atoms abort` too", { timeout: 400_000 }, async () => {
    const { good, id } = await killedWithTrafficMoved("canary");
    await inStore(ofAnotherVersion);
    await shop.json("abort");
    expect(await ended(id)).toMatchObject(rescued(id));
    await everybodyGets(good);
  });

  it("is brought to safety by a control plane without being asked", { timeout: 400_000 }, async () => {
    const { good, id } = await killedWithTrafficMoved("standard");
    await inStore(ofAnotherVersion);
    expect((await shop.atoms("up")).code).toBe(0);
    expect(await ended(id)).toMatchObject(rescued(id));
    await everybodyGets(good);
  });

  it("is ended although what was written down of its flow is gone", { timeout: 400_000 }, async () => {
    const { good, id } = await killedWithTrafficMoved("standard");
    await inStore("delete from atoms_engine.workflow_status");
    const { last } = await shop.json("deploy", "--resume");
    expect(last.release).toMatchObject(rescued(id));
    await everybodyGets(good);
  });
});

describe("a release that another version of Atoms began, on a PostgreSQL that workers share", () => {
  it("is left to a worker that knows it for a while, and then brought to safety", {
    timeout: 400_000,
  }, async () => {
    database = await ownDatabase(testPostgres());
    shop.env["DATABASE_URL"] = database.url;
    const { good, id } = await killedWithTrafficMoved("standard");
    await inStore(ofAnotherVersion);
    const began = performance.now();
    expect((await shop.atoms("up")).code).toBe(0);
    expect(await ended(id)).toMatchObject(rescued(id));
    expect(performance.now() - began).toBeGreaterThan(25_000);
    await everybodyGets(good);
  });
});
