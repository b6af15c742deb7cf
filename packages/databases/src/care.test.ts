import { randomBytes } from "node:crypto";
import { systemClock } from "@atoms/engine";
import type { VacuumProgress } from "@atoms/playbook";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databaseFlags } from "./flags.js";
import { postgresDatabases } from "./postgres-databases.js";
import { databaseCare } from "./vacuum.js";

const server = process.env["ATOMS_TEST_DB"] ?? "";
const databases = postgresDatabases({ clock: systemClock });
let url: string;

async function sql(text: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  if (server === "") throw new Error("ATOMS_TEST_DB is not set; `npm test -- packages/databases` sets it");
  url = await databases.make(server, { name: `care_${randomBytes(4).toString("hex")}` });
  await sql(`create table service_flags (name text primary key, value jsonb not null, updated_at timestamptz not null default '2020-01-01');
    create schema app; create table app.switches (name text unique, value jsonb);
    create table other (name text primary key, value int);
    create table orders (id int, note text) with (autovacuum_enabled = off);
    insert into orders select i, repeat('x', 200) from generate_series(1, 60000) i; delete from orders where id % 2 = 0;
    create table "Odd ""name" (id int);`);
});
afterAll(async () => {
  if (url !== undefined) await databases.drop(url);
});

describe("the flag of a service", () => {
  const flags = databaseFlags();

  it.each(["service_flags", "app.switches"])(
    "is one row of %s, set and set again, and read",
    async (table) => {
      const row = { table, name: "maintenance" };
      expect(await flags.get(url, row)).toBeUndefined();
      await flags.set(url, { ...row, value: { on: true, because: 'it\'s "so"' } });
      await flags.set(url, { ...row, value: { on: true, because: 'it\'s "so"' } });
      expect(await flags.get(url, row)).toEqual({ on: true, because: 'it\'s "so"' });
      await flags.set(url, { ...row, value: { on: false } });
      expect(await flags.get(url, row)).toEqual({ on: false });
    },
  );

  it("says when it was changed, where the table has a column for that", async () => {
    const [row] = await sql("select updated_at > now() - interval '1 hour' as fresh from service_flags");
    expect(row).toEqual({ fresh: true });
  });

  it.each([
    ["missing", "ATM-635"],
    ["other", "ATM-635"],
    ["orders", "ATM-635"],
  ])("is refused by the table %s", async (table, code) => {
    await expect(flags.set(url, { table, name: "m", value: { on: true } })).rejects.toMatchObject({ code });
  });

  it("is refused when the database is away, without its password", async () => {
    const away = flags.get("postgres://a:s3cret@127.0.0.1:9/x", { table: "f", name: "m" });
    await expect(away).rejects.toMatchObject({ code: "ATM-232" });
    await expect(away).rejects.not.toMatchObject({ happened: expect.stringContaining("s3cret") });
  });
});

describe("a vacuum", { timeout: 60_000 }, () => {
  const dead = async () =>
    (
      await sql(
        "select pg_stat_force_next_flush(), n_dead_tup::int as n, last_analyze from pg_stat_user_tables where relname = 'orders'",
      )
    )[0];

  it("cleans and analyses every table, and tells how far it is", async () => {
    const told: VacuumProgress[] = [];
    const done = await databaseCare().vacuum(url, (progress) => told.push(progress));
    expect(done).toEqual({ tables: 5, refused: [] });
    expect(told.map(({ table }) => table)).toEqual(
      expect.arrayContaining(["public.orders", 'public."Odd ""name"']),
    );
    expect(told.every(({ done: n, of }) => n < of && of === 5)).toBe(true);
    expect(await dead()).toMatchObject({ n: 0, last_analyze: expect.any(Date) });
  });

  it("stops on the server too when it is told to", async () => {
    const holder = new pg.Client({ connectionString: url });
    holder.on("error", () => undefined);
    await holder.connect();
    await holder.query("begin; lock table orders in access exclusive mode");
    const stop = new AbortController();
    const reason = new Error("the time is up");
    const running = databaseCare().vacuum(
      url,
      ({ table }) => table === "public.orders" && setTimeout(() => stop.abort(reason), 200),
      stop.signal,
    );
    await expect(running).rejects.toBe(reason);
    const left = await sql(
      "select from pg_stat_activity where query like 'vacuum%' and datname = current_database()",
    );
    expect(left).toEqual([]);
    await holder.query("rollback");
    await holder.end();
  });

  it("says which tables its role may not clean", async () => {
    const role = `keeper_${randomBytes(4).toString("hex")}`;
    await sql(
      `create role ${role} login password 'pw'; create table own (id int); alter table own owner to ${role}; grant usage on schema public to ${role}`,
    );
    const as = new URL(url);
    as.username = role;
    as.password = "pw";
    try {
      const done = await databaseCare().vacuum(as.href, () => undefined);
      expect(done.tables).toBe(1);
      expect(done.refused).toContain("public.orders");
    } finally {
      await sql(`drop table own; revoke usage on schema public from ${role}; drop role ${role}`);
    }
  });
});
