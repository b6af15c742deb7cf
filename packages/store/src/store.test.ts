import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Problem } from "@atoms/playbook";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "./database.js";
import { anEvent, aRelease } from "./fixtures.contract.js";
import { migrate } from "./migrate.js";
import { migrations } from "./migrations/index.js";
import { createDatabase } from "./places.contract.js";
import { openStore, type Store } from "./store.js";

let root: string;
const opened: Store[] = [];
const open = async (at: Parameters<typeof openStore>[0]) => {
  const store = await openStore(at);
  opened.push(store);
  return store;
};
// Opening and closing real databases takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "atoms-open-"));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(root, { recursive: true, force: true });
});

describe("an embedded store", () => {
  it("keeps what is written, in any folder, gives it back, and leaves no socket behind", async () => {
    // Longer than the path of a socket may be, with what a shell or an address would stumble over.
    const folder = join(root, "deep ".repeat(30), "way/down/with spaces and ümläuts");
    const first = await open({ folder });
    expect(first.kind).toBe("embedded");
    await first.releases.open(aRelease(), [anEvent({ key: "opened" })]);
    const sockets = new URL(first.connectionString).searchParams.get("host") ?? "";
    expect(statSync(sockets).mode & 0o777).toBe(0o700);
    expect(statSync(folder).mode & 0o077).toBe(0);
    await first.close();
    await first.close();
    expect(existsSync(sockets)).toBe(false);
    expect(existsSync(join(folder, "lock"))).toBe(false);

    const second = await open({ folder });
    expect(await second.releases.get("rel_1")).toEqual(aRelease());
    expect(await second.ledger.verify()).toMatchObject({ intact: true, entries: 1 });
  });

  it("says that it is damaged, touches nothing, lets go of it, and names a good copy that brings it back", async () => {
    const folder = join(root, "it's a store");
    const copies = join(folder, "copies");
    const data = join(folder, "data");
    const spoil = () => writeFileSync(join(data, "global", "pg_control"), Buffer.alloc(8192, 7));

    const first = await open({ folder });
    await first.releases.open(aRelease(), [anEvent()]);
    await first.close();
    expect(readdirSync(copies)).toHaveLength(1);
    const [name = ""] = readdirSync(copies);
    spoil();
    const error = await openStore({ folder }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ATM-702" });
    expect(readFileSync(join(data, "global", "pg_control"))[0]).toBe(7);
    expect(existsSync(join(folder, "lock"))).toBe(false);

    const { fix } = error as { fix: string };
    const command = /`(.*)`, then/.exec(fix)?.[1] ?? "";
    expect(command).toContain(name);
    execFileSync("sh", ["-c", command]);
    const second = await open({ folder });
    expect(await second.releases.get("rel_1")).toEqual(aRelease());
    expect((await second.ledger.verify()).intact).toBe(true);
  });

  it("says so when there is no copy to go back to", async () => {
    const folder = join(root, "store");
    mkdirSync(join(folder, "data"), { recursive: true });
    writeFileSync(join(folder, "data", "PG_VERSION"), "3");
    const error = await openStore({ folder }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ATM-702" });
    expect((error as { fix: string }).fix).toContain("no copy");
  });

  it("says that a folder cannot be one", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    await expect(openStore({ folder: file })).rejects.toMatchObject({ code: "ATM-702" });
  });
});

describe("a store on a server", () => {
  it.each([
    ["nobody listens", "postgres://ada:s3cret-pass@127.0.0.1:1/atoms"],
    ["the host has no such name", "postgres://ada:s3cret-pass@no-such-host.invalid/atoms"],
    ["the address is none", "mysql://ada:s3cret-pass@127.0.0.1/atoms"],
    ["the address cannot be read", "postgres://ada:s3cret-pass@127.0.0.1:99999999/atoms"],
  ])("says that it cannot be reached when %s, without the password", async (_, url) => {
    const error = await openStore({ url }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ATM-704" });
    const { code, title, happened, fix, message, stack } = error as Record<string, string>;
    expect([code, title, happened, fix, message, stack].join(" ")).not.toContain("s3cret");
  });

  const url = process.env["ATOMS_TEST_DB"];
  if (url !== undefined)
    describe("that is there", () => {
      it("says when the database does not exist or the user may not enter", async () => {
        const elsewhere = new URL(url);
        elsewhere.pathname = "/no_such_database";
        elsewhere.password = "s3cret-pass";
        const error = await openStore({ url: elsewhere.href }).catch((e: unknown) => e);
        expect(error).toMatchObject({ code: "ATM-704" });
        expect((error as Error).message).toContain("no_such_database");
        expect((error as Error).message).not.toContain("s3cret");
      });

      it("says when the connection is cut in the middle of a call, and goes on with a new one", async () => {
        const db = openDatabase({ connectionString: url, where: "the server", size: 1, folder: undefined });
        const cut = "select pg_terminate_backend(pg_backend_pid())";
        await expect(db.query(cut)).rejects.toMatchObject({ code: "ATM-704" });
        await expect(db.transaction((queries) => queries.query(cut))).rejects.toMatchObject({
          code: "ATM-704",
        });
        expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
        await db.pool.end();
      });

      it("is migrated once, by several at once", async () => {
        const database = await createDatabase(url);
        try {
          const stores = await Promise.all([1, 2, 3].map(() => openStore({ url: database.url })));
          const { rows } = (await stores[0]?.pool.query("select id from atoms.migration order by id")) ?? {};
          expect(rows?.map((row) => row.id)).toEqual(migrations.map((one) => one.id));
          await Promise.all(stores.map((store) => store.close()));
        } finally {
          await database.drop();
        }
      });
    });
});

describe("an open embedded store", () => {
  let folder: string;
  let store: Store;
  beforeAll(async () => {
    folder = join(mkdtempSync(join(tmpdir(), "atoms-shared-")), "store");
    store = await openStore({ folder });
  });
  afterAll(async () => {
    await store?.close();
    rmSync(dirname(folder), { recursive: true, force: true });
  });

  it("belongs to one process: a second is told who holds it, since when, and what to type", async () => {
    const error = await openStore({ folder }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "ATM-701", ending: "refused" });
    const { happened, fix } = error as { happened: string; fix: string };
    expect(happened).toContain(`process ${process.pid}`);
    expect(happened).toMatch(/since \d{4}-\d\d-\d\dT/);
    expect(fix).toContain(`kill ${process.pid}`);
    expect(readdirSync(folder).filter((name) => name.startsWith("lock"))).toEqual(["lock"]);
  });

  it("serves many connections at once, each with its own parameters, errors and transactions", async () => {
    const { pool } = store;
    await pool.query("create table t (n int primary key)");
    const one = async (i: number) => {
      if (i % 3 === 0) return (await pool.query("select $1::int + 1 as a", [i])).rows[0].a === i + 1;
      if (i % 3 === 1)
        return (await pool.query("select $1::text || 'x' as a", [`t${i}`])).rows[0].a === `t${i}x`;
      return pool.query("select $1::int / 0", [i]).then(
        () => false,
        (error) => error.code === "22012",
      );
    };
    const transaction = async (i: number) => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await client.query("insert into t values ($1)", [i]);
        await new Promise((resolve) => setTimeout(resolve, 2));
        const { rows } = await client.query("select count(*)::int as n from t where n = $1", [i]);
        await client.query(i % 2 === 0 ? "commit" : "rollback");
        return rows[0].n === 1;
      } finally {
        client.release();
      }
    };
    const results = await Promise.all([
      ...Array.from({ length: 60 }, (_, i) => one(i)),
      ...Array.from({ length: 20 }, (_, i) => transaction(i)),
    ]);
    expect(results.every(Boolean)).toBe(true);
    expect((await pool.query("select count(*)::int as n from t")).rows[0].n).toBe(10);
  });

  it("says that the store is damaged when PostgreSQL finds a page that is not what it wrote", async () => {
    const { connectionString } = store;
    const damaged = "do $$ begin raise exception 'invalid page in block 1' using errcode = 'XX001'; end $$";
    for (const folder of ["/the/store", undefined]) {
      const db = openDatabase({ connectionString, where: "the store", size: 1, folder });
      const error = (await db.query(damaged).catch((e: unknown) => e)) as Problem;
      expect(error).toMatchObject({ code: "ATM-702" });
      expect(error.happened).toContain("invalid page in block 1");
      expect(error.fix.includes("/the/store/data.damaged")).toBe(folder !== undefined);
      await db.pool.end();
    }
  });

  it("says that the disk is full when PostgreSQL does", async () => {
    const { connectionString, ledger } = store;
    const db = openDatabase({ connectionString, where: "the store", size: 1, folder: "the store" });
    const full = "do $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$";
    await expect(db.query(full)).rejects.toMatchObject({ code: "ATM-703" });
    await expect(db.transaction((queries) => queries.query(full))).rejects.toMatchObject({ code: "ATM-703" });
    await db.pool.end();
    expect((await ledger.verify()).intact).toBe(true);
  });

  it("rolls back the transaction of a connection that goes away", async () => {
    const { pool } = store;
    await pool.query("create table if not exists t (n int primary key)");
    const client = await pool.connect();
    await client.query("begin");
    await client.query("insert into t values (1001)");
    client.release(true);
    expect((await pool.query("select count(*)::int as n from t where n = 1001")).rows[0].n).toBe(0);
  });

  describe("migrations", () => {
    it("applies a migration whole or not at all", async () => {
      const { connectionString } = store;
      const db = openDatabase({ connectionString, where: "the store", size: 1, folder: "the store" });
      const broken = {
        id: migrations.length + 1,
        name: "half",
        sql: "create table atoms.half (n int); select 1/0",
      };
      await expect(migrate(db, [...migrations, broken])).rejects.toThrow("division by zero");
      expect((await db.query("select to_regclass('atoms.half') as t"))[0]).toEqual({ t: null });
      await migrate(db);
      await db.pool.end();
    });

    it("refuses a store of a later Atoms, and one whose migrations read differently, and changes nothing", async () => {
      const { connectionString } = store;
      const db = openDatabase({ connectionString, where: "the store", size: 1, folder: "the store" });
      const extra = { id: migrations.length + 1, name: "9999-more", sql: "create table atoms.more (n int)" };
      await migrate(db, [...migrations, extra]);
      await expect(migrate(db)).rejects.toMatchObject({ code: "ATM-705", ending: "refused" });
      const edited = [...migrations, { ...extra, sql: `${extra.sql} -- edited` }];
      await expect(migrate(db, edited)).rejects.toMatchObject({ code: "ATM-706" });
      await db.pool.end();
    });

    it("are numbered without gaps", () => {
      expect(migrations.map((one) => one.id)).toEqual(migrations.map((_, i) => i + 1));
      for (const one of migrations)
        expect(one.name).toMatch(new RegExp(`^${String(one.id).padStart(4, "0")}-`));
    });
  });
});
