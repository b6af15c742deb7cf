import { afterEach, describe, expect, it } from "vitest";
import { type FaultyCloud, startFaultyCloud } from "../cli/faulty-cloud.js";
import { ownDatabase, testPostgres } from "../cli/own-database.js";
import { type Line, openShop, type Shop } from "../cli/shop.js";
import { recorded, restore } from "./recorded.js";

const postgres = testPostgres();

let shop: Shop | undefined;
let cloud: FaultyCloud | undefined;
let database: { url: string; drop(): Promise<void> } | undefined;

afterEach(async () => {
  await shop?.close();
  await cloud?.close();
  await database?.drop();
  database = undefined;
}, 120_000);

const cases = recorded().flatMap((version) =>
  ["embedded store", "PostgreSQL"].map((store) => ({ version, store })),
);

describe("a release that was under way when Atoms was upgraded", () => {
  it("is recorded for at least one version", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  it.each(cases)(
    "from $version, on the $store, is finished or driven to safety",
    { timeout: 400_000 },
    async ({ version, store }) => {
      const here = openShop();
      shop = here;
      if (store === "PostgreSQL") {
        database = await ownDatabase(postgres);
        here.env["DATABASE_URL"] = database.url;
      }
      await restore(version, here, database?.url);
      cloud = await startFaultyCloud(here);
      const before = (await here.json("ledger", "--limit", "10000")).last as Line[];
      const { running } = (await here.json("status")).last;
      expect(running.release).toMatchObject({ state: "running", strategy: "canary" });
      const { id, candidate, previous } = running.release;

      // On a server a worker that knows the version would go first; so this takes half a minute there at most.
      const { last } = await here.json("deploy", "--resume");
      expect(["released", "rolled back"]).toContain(last.release.state);
      const serves = last.release.state === "released" ? candidate.id : previous.id;
      const visits = await Promise.all(Array.from({ length: 12 }, (_, i) => cloud?.visit(`10.1.${i}.7`)));
      expect([...new Set(visits.map((visit) => visit?.deployment))]).toEqual([serves]);

      // Nothing that was written before is gone or changed.
      const after = new Map(
        ((await here.json("ledger", "--limit", "10000")).last as Line[]).map((entry) => [
          entry.key,
          entry.hash,
        ]),
      );
      expect(before.length).toBeGreaterThan(20);
      expect(before.filter((entry) => after.get(entry.key) !== entry.hash)).toEqual([]);
      expect((await here.json("ledger", "--verify")).last).toMatchObject({ intact: true });
      expect((await here.json("releases", "--limit", "1")).last[0]).toMatchObject({ id });
      expect((await here.json("deploy", "--now")).last.release).toMatchObject({ state: "released" });
    },
  );
});
