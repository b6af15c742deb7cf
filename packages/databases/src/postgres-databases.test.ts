import { randomBytes } from "node:crypto";
import { systemClock } from "@atoms/engine";
import type { DatabaseContents } from "@atoms/playbook";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forPrograms, targetOf, withName } from "./address.js";
import { postgresDatabases } from "./postgres-databases.js";

const server = process.env["ATOMS_TEST_DB"] ?? "";
const databases = postgresDatabases({ clock: systemClock });
const made: string[] = [];

async function sql<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  url: string,
  text: string,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A database of its own, with what makes restoring hard: references, types, policies, functions, odd names and values. */
async function shop(rows = 500): Promise<string> {
  const url = await databases.make(server, { name: `shop_${randomBytes(4).toString("hex")}` });
  made.push(url);
  await sql(
    url,
    `create type mood as enum ('sad', 'ok');
     create table users (id serial primary key, "Full Name" text, at timestamptz default now(), x float8, b bytea, m mood);
     create table orders (id bigint primary key, of int references users (id) on delete cascade, j jsonb);
     create index on orders ((j->>'a'));
     create table parts (id int, day date) partition by range (day);
     create table parts_1 partition of parts for values from ('2026-01-01') to ('2027-01-01');
     create view many as select * from users;
     create function twice(int) returns int language sql as 'select $1 * 2';
     alter table orders enable row level security;
     create policy own on orders using (of > 0);
     insert into users ("Full Name", x, b, m) select 'n''' || i, random() / 3, decode(md5(i::text), 'hex'), 'ok' from generate_series(1, ${rows}) i;
     insert into orders select i, i, json_build_object('a', i) from generate_series(1, ${rows}) i;
     insert into parts select i, date '2026-03-01' + i from generate_series(1, 50) i;`,
  );
  return url;
}

async function dumped(
  url: string,
): Promise<{ bytes: Uint8Array[]; contents: DatabaseContents; server: string }> {
  const bytes: Uint8Array[] = [];
  const { contents, facts } = await databases.dump(url, {
    take: async (data) => {
      for await (const piece of data) bytes.push(piece);
    },
  });
  return { bytes, contents, server: facts.server };
}

async function* stream(pieces: readonly Uint8Array[]) {
  yield* pieces;
}

beforeAll(() => {
  if (server === "") throw new Error("ATOMS_TEST_DB is not set; `npm test -- packages/databases` sets it");
});
afterAll(async () => {
  for (const url of made) await databases.drop(url);
});

describe("a dump", { timeout: 120_000 }, () => {
  it("is restored as it was: every row, object and sequence", async () => {
    const url = await shop();
    const { bytes, contents, server: version } = await dumped(url);
    expect(contents.tables.map(({ table, rows }) => [table, rows])).toEqual([
      ["public.orders", 500],
      ["public.parts_1", 50],
      ["public.users", 500],
    ]);
    const fresh = await databases.make(url, {});
    made.push(fresh);
    await databases.restore(fresh, stream(bytes), { server: version });
    expect(await databases.contents(fresh)).toEqual(contents);
  });

  it("is restored on a server that lacks the roles it names: they are made, and nobody can log in as them", async () => {
    const role = `readers ${randomBytes(4).toString("hex")}`;
    const url = await shop(5);
    await sql(url, `create role "${role}" login; create policy seen on orders to "${role}" using (true)`);
    const facts = await databases.facts(url);
    expect(facts?.roles).toContain(role);
    const { bytes, contents, server: version } = await dumped(url);
    await databases.drop(url);
    await sql(server, `drop role "${role}"`);
    const back = await databases.make(server, { name: `back_${randomBytes(4).toString("hex")}` });
    made.push(back);
    await databases.restore(back, stream(bytes), { server: version, roles: facts?.roles ?? [] });
    expect((await databases.contents(back)).objects).toEqual(contents.objects);
    expect(await sql(server, `select rolcanlogin from pg_roles where rolname = '${role}'`)).toEqual([
      { rolcanlogin: false },
    ]);
    await databases.drop(back);
    await sql(server, `drop role "${role}"`);
  });

  it("keeps its label through a renaming", async () => {
    const url = await databases.make(server, { name: `label_${randomBytes(4).toString("hex")}` });
    const aside = `aside_${randomBytes(4).toString("hex")}`;
    made.push(url, withName(url, aside));
    expect(await databases.label(url)).toBeUndefined();
    await databases.setLabel(url, "it's mine");
    await databases.swap(withName(url, aside), url, "not needed");
    expect(await databases.label(withName(url, aside))).toBe("it's mine");
    expect(await databases.label(url)).toBeUndefined();
  });

  it("counts what it dumps, whatever is written meanwhile", async () => {
    const url = await shop(2_000);
    let going = true;
    const writing = (async () => {
      for (let i = 0; going; i++)
        await sql(
          url,
          `insert into users ("Full Name") values ('late ${i}'); delete from orders where id = ${i}`,
        );
    })();
    const { bytes, contents, server: version } = await dumped(url);
    going = false;
    await writing;
    const fresh = await databases.make(url, {});
    made.push(fresh);
    await databases.restore(fresh, stream(bytes), { server: version });
    expect((await databases.contents(fresh)).tables).toEqual(contents.tables);
  });

  it("tells one changed value from another, and the order of rows not at all", async () => {
    const url = await shop(20);
    const before = await databases.contents(url);
    await sql(
      url,
      "begin; create table t as select * from users; delete from users; insert into users select * from t order by id desc; drop table t; commit",
    );
    await sql(url, "insert into orders select i, i, json_build_object('a', i) from generate_series(1, 20) i");
    expect((await databases.contents(url)).tables).toEqual(before.tables);
    await sql(url, "update users set x = x + 1e-9 where id = 7");
    const after = await databases.contents(url);
    expect(after.tables.filter((table, i) => table.checksum !== before.tables[i]?.checksum)).toHaveLength(1);
  });

  it("fails with PostgreSQL's own words when it is refused, and names no password", async () => {
    const url = await shop(1);
    await sql(url, "create role reader login password 'correct-horse'").catch(() => undefined);
    const poor = new URL(url);
    poor.username = "reader";
    poor.password = "correct-horse";
    const error = await dumped(poor.href).catch((reason: Error) => reason);
    expect(error).toMatchObject({ happened: expect.stringMatching(/permission denied|row-level security/) });
    expect(JSON.stringify(error)).not.toContain("correct-horse");
  });

  it("that is cut does not restore", async () => {
    const url = await shop(3_000);
    const { bytes, server: version } = await dumped(url);
    const whole = Buffer.concat(bytes);
    const fresh = await databases.make(url, {});
    made.push(fresh);
    await expect(
      databases.restore(fresh, stream([whole.subarray(0, whole.length - 4_000)]), { server: version }),
    ).rejects.toMatchObject({ code: "ATM-235" });
  });
});

describe("swap", { timeout: 120_000 }, () => {
  it("puts a database in place under open connections, and keeps the one before", async () => {
    const url = await shop(10);
    const fresh = await databases.make(url, {});
    await sql(fresh, "create table here (a int)");
    const holders = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const client = new pg.Client({ connectionString: url });
        client.on("error", () => undefined);
        await client.connect();
        return client;
      }),
    );
    const aside = `${new URL(url).pathname.slice(1)}_before`;
    await databases.swap(url, fresh, aside);
    made.push(withName(url, aside));
    expect(Object.keys(await databases.objects(url))).toContain("table public.here");
    expect(Object.keys(await databases.objects(withName(url, aside)))).toContain("table public.users");
    expect(await databases.facts(fresh)).toBeUndefined();
    await Promise.all(holders.map((client) => client.end().catch(() => undefined)));
  });

  it("without a database in place only renames", async () => {
    const url = withName(server, `gone_${randomBytes(4).toString("hex")}`);
    made.push(url);
    expect(await databases.facts(url)).toBeUndefined();
    await databases.swap(url, await databases.make(server, {}), "nowhere");
    expect(await databases.isEmpty(url)).toBe(true);
  });

  it("changes nothing when the fresh one is not there", async () => {
    const url = await shop(1);
    await expect(databases.swap(url, withName(url, "no_such"), "aside_of_it")).rejects.toMatchObject({
      code: "ATM-243",
    });
    expect(await databases.isEmpty(url)).toBe(false);
  });
});

describe("scratch databases", { timeout: 120_000 }, () => {
  it("that a killed process left are removed an hour later, others are left alone", async () => {
    const name = (hoursAgo: number) =>
      `atoms_scratch_${(systemClock.now() - hoursAgo * 3_600_000).toString(36)}_${randomBytes(4).toString("hex")}`;
    const old = await databases.make(server, { name: name(2) });
    const young = await databases.make(server, { name: name(0.5) });
    made.push(old, young, await databases.make(server, {}));
    expect(await databases.facts(old)).toBeUndefined();
    expect(await databases.facts(young)).toBeDefined();
  });
});

describe("addresses", () => {
  it.each(["", "mysql://h/d", "postgres://h", "not an address"])("%j is none", async (url) => {
    await expect(databases.facts(url)).rejects.toMatchObject({ code: "ATM-247" });
  });
  it("tell targets apart as the service's health does", () => {
    expect(targetOf("postgres://u:p@db.example:5432/shop")).toBe(
      targetOf("postgres://db.example/shop?sslmode=require"),
    );
    expect(targetOf("postgres://db.example/shop")).not.toBe(targetOf("postgres://db.example/shop2"));
  });
  it("go to programs without password, and without words that only drivers know", () => {
    expect(forPrograms("postgres://u:p%40ss@h:1/d?sslmode=require&pgbouncer=true")).toEqual({
      address: "postgres://u@h:1/d?sslmode=require",
      env: { PGPASSWORD: "p@ss" },
    });
  });
  it("that nobody answers at are told as such", async () => {
    await expect(databases.facts("postgres://u:secret@127.0.0.1:1/d")).rejects.toMatchObject({
      code: "ATM-232",
    });
  });
});

describe("programs", { timeout: 120_000 }, () => {
  it("that are missing are named, with what to install", async () => {
    const { findProgram } = await import("./programs.js");
    await expect(findProgram("pg_dump", 99)).rejects.toMatchObject({ code: "ATM-231" });
    await expect(findProgram("pg_none" as "pg_dump", 15, "/nowhere")).rejects.toMatchObject({
      code: "ATM-230",
    });
  });
});
