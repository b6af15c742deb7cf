import { randomBytes } from "node:crypto";
import { systemClock } from "@atoms/engine";
import { isProblem, type RowChoice } from "@atoms/playbook";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { databaseRows } from "./database-rows.js";
import { postgresDatabases } from "./postgres-databases.js";

const server = process.env["ATOMS_TEST_DB"] ?? "";
const databases = postgresDatabases({ clock: systemClock });
const rows = databaseRows({ clock: systemClock });
const made: string[] = [];

async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const result = await client.query(text);
    return Array.isArray(result) ? [] : result.rows;
  } finally {
    await client.end();
  }
}

/** Two databases that were the same once: what was restored beside, and the one in use. */
async function pair(setup: string, since = "select 1") {
  const [beside, living] = await Promise.all(
    ["beside", "living"].map(async (name) => {
      const url = await databases.make(server, { name: `${name}_${randomBytes(4).toString("hex")}` });
      made.push(url);
      await sql(url, setup);
      return url;
    }),
  );
  if (beside === undefined || living === undefined) throw new Error("no databases");
  await sql(living, since);
  return { beside, living };
}

const problemOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isProblem(error)) throw new Error(`no problem, but ${String(error)}`);
  return error;
};

afterAll(async () => {
  for (const url of made) await databases.drop(url);
}, 60_000);

const notes = `create table notes (id serial primary key, body text, mood text default 'ok');
  insert into notes (body) select 'note ' || i from generate_series(1, 2500) i`;
const both = { table: "public.notes", only: "both" } as const;

describe("rows of two databases", { timeout: 60_000 }, () => {
  it("are compared by primary key, over more rows than are in memory at once", async () => {
    const of = await pair(
      notes,
      `delete from notes where id in (3, 2400); update notes set body = 'wrong' where id between 10 and 19;
       insert into notes (body) values ('new')`,
    );
    const looked: number[] = [];
    const found = await rows.compare({ ...of, table: "public.notes" }, (count) => looked.push(count));
    expect(found).toMatchObject({ missing: 2, changed: 10, added: 1 });
    expect(found.examples.missing.toSorted()).toEqual(['["2400"]', '["3"]']);
    expect(found.examples.changed).toHaveLength(5);
    expect(found.examples.added).toEqual(['["2501"]']);
    expect(looked.at(-1)).toBe(2500);
    expect(await rows.shapes(of.living)).toEqual([{ table: "public.notes", key: ["id"] }]);
  });

  it("with keys of several columns, odd names and every kind of value", async () => {
    const of = await pair(
      `create type mood as enum ('sad', 'ok');
       create table "Od d" ("Re gion" text, n int, at timestamptz, x float8, b bytea, m mood, j jsonb, a text[],
         twice int generated always as (n * 2) stored, primary key (n, "Re gion"));
       insert into "Od d" values ('e"u', 1, '2026-03-01 10:00+02', 0.1, '\\x00ff', 'sad', '{"a": "x,y"}', '{"a,b",null}'), ('us', 1, null, 'NaN', '', 'ok', null, '{}')`,
      `delete from "Od d" where "Re gion" = 'e"u'; update "Od d" set x = 2`,
    );
    const table = 'public."Od d"';
    const found = await rows.compare({ ...of, table });
    expect(found).toMatchObject({ missing: 1, changed: 1, added: 0 });
    expect(found.examples.missing).toEqual(['["1", "e\\"u"]']);
    const [taken] = await rows.takeBack({
      ...of,
      name: "one",
      rows: [{ table, only: "both", keys: ['[1, "e\\"u"]'] }],
    });
    expect(taken).toEqual({ table, inserted: 1, updated: 0, kept: 0, keptKeys: [] });
    expect(await rows.compare({ ...of, table })).toMatchObject({ missing: 0, changed: 1 });
    expect(
      (await problemOf(rows.compare({ ...of, table, choice: { table, only: "both", keys: ["1"] } }))).code,
    ).toBe("ATM-691");
  });
});

describe("taking rows back", { timeout: 60_000 }, () => {
  const spoiled = `delete from notes where id <= 100; update notes set body = 'wrong' where id between 101 and 150;
    insert into notes (body) values ('new')`;

  it.each<{ what: string; choice: Partial<RowChoice>; inserted: number; updated: number }>([
    { what: "all of a table", choice: {}, inserted: 100, updated: 50 },
    { what: "only what is gone", choice: { only: "missing" }, inserted: 100, updated: 0 },
    { what: "only what is other", choice: { only: "changed" }, inserted: 0, updated: 50 },
    {
      what: "by a condition",
      choice: { where: "id > 90 and body like 'note 1%' -- so" },
      inserted: 1,
      updated: 50,
    },
    { what: "by keys", choice: { keys: ["7", "120", "2000", "99999"] }, inserted: 1, updated: 1 },
  ])("takes $what, and nothing else", async ({ choice, inserted, updated }) => {
    const of = await pair(notes, spoiled);
    const before = await rows.compare({ ...of, table: both.table });
    const taken = await rows.takeBack({ ...of, name: "one", rows: [{ ...both, ...choice }] });
    expect(taken).toEqual([{ table: "public.notes", inserted, updated, kept: 0, keptKeys: [] }]);
    expect(await rows.compare({ ...of, table: both.table })).toMatchObject({
      missing: before.missing - inserted,
      changed: before.changed - updated,
      added: 1,
    });
    // Asked again under its name, it tells what it did; what was written since stays.
    await sql(of.living, "update notes set body = 'later' where id = 120");
    expect(await rows.takeBack({ ...of, name: "one", rows: [{ ...both, ...choice }] })).toEqual(taken);
    expect(await sql(of.living, "select body from notes where id = 120")).toEqual([{ body: "later" }]);
  });

  it("does it again when the try before it was noted and then undone", async () => {
    const of = await pair(notes, spoiled);
    const earlier = new pg.Client({ connectionString: of.living });
    earlier.on("error", () => undefined);
    await earlier.connect();
    await earlier.query("begin");
    const { xid } = (await earlier.query("select txid_current()::text as xid")).rows[0];
    await earlier.query("rollback");
    await earlier.end();
    await sql(
      of.beside,
      `create schema atoms_recovery; create table atoms_recovery.taken (name text primary key, xid text, done jsonb);
       insert into atoms_recovery.taken values ('one', '${xid}', '[]')`,
    );
    const [status] = await sql(of.living, `select txid_status(${xid}) as is`);
    expect(status).toEqual({ is: "aborted" });
    expect((await rows.takeBack({ ...of, name: "one", rows: [both] }))[0]).toMatchObject({ inserted: 100 });
  });

  it("leaves a row alone whose unique value is taken by a newer one, and says which", async () => {
    const of = await pair(
      "create table users (id int primary key, mail text unique); insert into users values (1, 'ada@example.com'), (2, 'bob@example.com')",
      "delete from users; insert into users values (9, 'ada@example.com')",
    );
    expect(
      await rows.takeBack({ ...of, name: "one", rows: [{ table: "public.users", only: "both" }] }),
    ).toEqual([{ table: "public.users", inserted: 1, updated: 0, kept: 1, keptKeys: ['["1"]'] }]);
    expect(await sql(of.living, "select id from users order by id")).toEqual([{ id: 2 }, { id: 9 }]);
  });

  it("leaves a row alone that is written while it is compared", async () => {
    const of = await pair(notes, spoiled);
    const writer = new pg.Client({ connectionString: of.living });
    writer.on("error", () => undefined);
    await writer.connect();
    await writer.query("begin");
    await writer.query("update notes set body = 'by a user' where id = 120");
    const taking = rows.takeBack({ ...of, name: "one", rows: [both] });
    // It has compared, and now waits for the writer's row: the update of it is the only thing that can block it.
    await expect
      .poll(
        async () =>
          (
            await sql(
              server,
              "select from pg_stat_activity where wait_event_type = 'Lock' and datname like 'living_%' and query like 'with done as%notes%'",
            )
          ).length,
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    await writer.query("commit");
    await writer.end();
    expect(await taking).toEqual([
      { table: "public.notes", inserted: 100, updated: 49, kept: 1, keptKeys: ['["120"]'] },
    ]);
    expect(await sql(of.living, "select body from notes where id = 120")).toEqual([{ body: "by a user" }]);
  });

  it("keeps triggers still, moves sequences on, and goes from what is referred to to what refers", async () => {
    const of = await pair(
      `create table users (id serial primary key, boss int references users (id), name text, at timestamptz default now());
       create table orders (id int primary key, of int not null references users (id) deferrable initially deferred);
       create function stamp() returns trigger language plpgsql as 'begin new.at = now(); return new; end';
       create trigger stamp before insert or update on users for each row execute function stamp();
       create trigger off before update on users for each row execute function stamp(); alter table users disable trigger off;
       insert into users (boss, name) select case when i < 1500 then i + 1 end, 'n' || i from generate_series(1, 1500) i;
       insert into orders select i, i from generate_series(1, 1500) i`,
      "truncate users restart identity cascade",
    );
    const taken = await rows.takeBack({
      ...of,
      name: "one",
      rows: [
        { table: "public.orders", only: "both" },
        { table: "public.users", only: "both" },
      ],
    });
    expect(taken.map(({ table, inserted, kept }) => ({ table, inserted, kept }))).toEqual([
      { table: "public.users", inserted: 1500, kept: 0 },
      { table: "public.orders", inserted: 1500, kept: 0 },
    ]);
    expect(await sql(of.living, "insert into users (name) values ('new') returning id")).toEqual([
      { id: 1501 },
    ]);
    expect(
      await sql(of.living, "select tgname, tgenabled from pg_trigger where not tgisinternal order by 1"),
    ).toEqual([
      { tgname: "off", tgenabled: "D" },
      { tgname: "stamp", tgenabled: "O" },
    ]);
  });

  it("changes nothing at all when the database refuses one row", async () => {
    const of = await pair(
      `create table users (id int primary key); create table orders (id int primary key, of int references users);
       create table other (id int primary key);
       insert into users values (1); insert into orders values (1, 1); insert into other values (1)`,
      "delete from orders; delete from users; delete from other",
    );
    const problem = await problemOf(
      rows.takeBack({
        ...of,
        name: "one",
        rows: [
          { table: "public.other", only: "both" },
          { table: "public.orders", only: "both" },
        ],
      }),
    );
    expect(problem).toMatchObject({ code: "ATM-690", happened: expect.stringMatching(/foreign key/) });
    expect(await sql(of.living, "select from other")).toEqual([]);
  });

  it.each([
    ["a column that is not there", "boddy = 'x'"],
    ["no condition", "id >"],
    ["more than a condition", "true); drop table notes; select (1"],
    ["a value that does not fit, at some row", "body::int = 1"],
    ["what would write", "nextval('public.notes_id_seq') > 0"],
  ])("refuses %s", async (_, where) => {
    const of = await pair(notes, spoiled);
    const problem = await problemOf(rows.takeBack({ ...of, name: "one", rows: [{ ...both, where }] }));
    expect(problem.code).toBe("ATM-691");
    expect(await sql(of.living, "select count(*)::int as rows from notes")).toEqual([{ rows: 2401 }]);
    expect(await sql(of.beside, "select count(*)::int as rows from notes")).toEqual([{ rows: 2500 }]);
  });
});
