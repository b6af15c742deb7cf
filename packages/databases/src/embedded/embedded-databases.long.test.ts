import { gzipSync } from "node:zlib";
import { systemClock } from "@atoms/engine";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serviceDatabases } from "../service-databases.js";
import { startService, type TestService } from "./dump.world.js";

// A service with a real PGlite that keeps the two promises of playbook/src/backup/README.md, in as few lines as can be.

const databases = serviceDatabases({ clock: systemClock });
let db: PGlite;
let service: TestService;
let url: string;
let lastAside: string | undefined;

beforeAll(async () => {
  db = await PGlite.create();
  await db.exec(`create table shop (id serial primary key, name text not null); create index by_name on shop (name);
    create view named as select name from shop;
    insert into shop (name) select 'thing ' || i from generate_series(1, 500) i`);
  service = await startService(async (request, response) => {
    if (request.method === "GET") {
      await db.exec("checkpoint");
      const dump = await db.dumpDataDir("gzip");
      response.end(Buffer.from(await dump.arrayBuffer()));
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    lastAside = String(request.headers["x-atoms-aside"]);
    const before = db;
    db = await PGlite.create({ loadDataDir: new Blob([new Uint8Array(Buffer.concat(pieces))]) });
    await before.close();
    response.end("{}");
  });
  url = service.address();
}, 400_000);
afterAll(async () => {
  await service?.close();
  await db?.close();
});

const names = async () => (await db.query<{ n: number }>("select count(*)::int as n from shop")).rows[0]?.n;

describe("a database that is embedded in a service", { timeout: 400_000 }, () => {
  it("is dumped and measured, restored beside, compared, and exchanged", async () => {
    const pieces: Uint8Array[] = [];
    const { facts, contents } = await databases.dump(url, {
      take: async (data) => {
        for await (const piece of data) pieces.push(piece);
      },
    });
    const where = databases.shown(url);
    expect(facts).toMatchObject({
      name: "database",
      where,
      target: databases.target(url),
      server: expect.stringMatching(/^18\./),
      locale: { encoding: "UTF8" },
    });
    expect(contents.tables).toEqual([
      { table: "public.shop", rows: 500, checksum: expect.stringMatching(/^-?\d+$/) },
    ]);
    expect(Object.keys(contents.objects)).toEqual(
      expect.arrayContaining(["table public.shop", "index public.by_name", "view public.named"]),
    );
    expect(contents.sequences).toEqual({ "public.shop_id_seq": "500" });

    await db.exec("delete from shop where id > 10; create table later (id int)");
    expect(await databases.facts(url)).toMatchObject({ where });
    expect(Object.keys(await databases.objects(url))).toContain("table public.later");

    const scratch = await databases.make(url, {});
    expect(databases.understands(scratch)).toBe(true);
    async function* again() {
      yield* pieces;
    }
    await databases.restore(scratch, again(), { server: facts.server });
    expect(await databases.contents(scratch)).toEqual(contents);
    expect(await names()).toBe(10);

    await databases.swap(url, scratch, "shop_before");
    expect(lastAside).toBe("shop_before");
    expect(await names()).toBe(500);
    await databases.drop(scratch);
    await databases.drop(scratch);
  });

  it("is not what only a server can be", async () => {
    for (const asked of [
      databases.make(url, { name: "beside" }),
      databases.drop(url),
      databases.label(url),
      databases.setLabel(url, "x"),
    ])
      await expect(asked).rejects.toMatchObject({ code: "ATM-256" });
  });

  it("gives out nothing that does not open", async () => {
    const dump = Buffer.from(await (await db.dumpDataDir("none")).arrayBuffer());
    // The control file is what a database is opened by.
    const at = dump.indexOf("/global/pg_control");
    dump.fill(7, at + 512, at + 1024);
    const scratch = await databases.make(url, {});
    async function* damaged() {
      yield gzipSync(dump, { level: 1 });
    }
    await expect(databases.restore(scratch, damaged(), { server: "18" })).rejects.toMatchObject({
      code: "ATM-253",
      happened: expect.stringMatching(/does not open/),
    });
    await databases.drop(scratch);
  });
});
