import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { ensureUser } from "../domain/users.js";
import { PLAIN, shared, startServer } from "../testing/server.js";
import { STORES } from "../testing/stores.js";
import { createDatabase, StoreUnavailable } from "./database.js";
import { openEmbeddedStore } from "./embedded-store.js";
import { checksumOf, expectedVersion, MigrationChanged, migrate, schemaState } from "./migrate.js";
import { migrations } from "./migrations/index.js";
import { openPostgres, targetOf } from "./postgres.js";

const around = { before: async () => undefined, after: () => undefined, elapsed: () => 0 };

// Many calls in one test: on a busy machine longer than a test usually may take.
vi.setConfig({ testTimeout: 60_000 });

describe.each(STORES)("storage on $name", ({ open }) => {
  it("migrates once, also when two start together, and notices a changed step", async () => {
    const store = await open(false);
    try {
      expect(await store.driver.transaction(schemaState)).toEqual({ current: 0, expected: expectedVersion });
      const runs = await Promise.all([migrate(store.driver), migrate(store.driver)]);
      expect(runs.flat().sort()).toEqual(migrations.map(({ version }) => version));
      expect(await migrate(store.driver)).toEqual([]);
      const rows = await store.driver.transaction((sql) =>
        sql.query("select version, name, checksum from schema_migrations order by version"),
      );
      expect(rows).toEqual(
        migrations.map((m) => ({ version: m.version, name: m.name, checksum: checksumOf(m) })),
      );
      await store.driver.transaction((sql) =>
        sql.query("update schema_migrations set checksum = 'x' where version = 2"),
      );
      await expect(migrate(store.driver)).rejects.toThrow(MigrationChanged);
    } finally {
      await store.close();
    }
  });

  it("a subject is only ever a claim, whatever it holds, and the role is taken", async () => {
    const store = await open();
    try {
      const database = createDatabase(store.driver, around);
      const hostile = [
        "it's",
        "x', true); drop table profiles; --",
        "\\'); commit; --",
        "a\u0000b",
        "\ud800",
        "語",
      ];
      for (const sub of hostile) {
        const [row] = await database.asUser(sub, "test", (sql) =>
          sql.query<{ claims: string; role: string; timeout: string }>(
            `select current_setting('request.jwt.claims') as claims, current_user as role,
                    current_setting('statement_timeout') as timeout`,
          ),
        );
        expect(row).toEqual({ claims: JSON.stringify({ sub }), role: "authenticated", timeout: "5s" });
      }
    } finally {
      await store.close();
    }
  });

  it("work does not begin when a setting is refused", async () => {
    const store = await open();
    try {
      let began = false;
      const work = async () => {
        began = true;
      };
      await expect(store.driver.transaction(work, { role: "nobody_known" })).rejects.toThrow();
      expect(began).toBe(false);
      expect(await store.driver.transaction((sql) => sql.query("select 1 as n"))).toEqual([{ n: 1 }]);
    } finally {
      await store.close();
    }
  });

  it("a failing transaction leaves nothing behind, neither rows nor the role", async () => {
    const store = await open();
    try {
      const database = createDatabase(store.driver, around);
      const failing = database.asUser("user_x", "test", async (sql) => {
        await sql.query("select set_config('request.jwt.claims', '{\"sub\":\"user_y\"}', true)");
        throw new Error("on purpose");
      });
      await expect(failing).rejects.toThrow("on purpose");
      const state = await database.asService("test", (sql) =>
        sql.query(
          "select current_user <> 'authenticated' as own, nullif(current_setting('request.jwt.claims', true), '') as claims",
        ),
      );
      expect(state).toEqual([{ own: true, claims: null }]);
      const identity = {
        sub: "user_1",
        email: "a@b.c",
        name: undefined,
        clientId: "c",
        scopes: [],
        expiresAt: 0,
      };
      const ids = await Promise.all(
        Array.from({ length: 8 }, () => ensureUser(database, identity, () => crypto.randomUUID())),
      );
      expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
      const odd = { ...identity, sub: "user_2", email: undefined, name: "No Mail" };
      await ensureUser(database, odd, () => crypto.randomUUID());
      const names = await database.asService("test", (sql) =>
        sql.query("select name, slug from organizations order by name"),
      );
      expect(names).toMatchObject([
        { name: "No Mail's Workspace" },
        { name: "a's Workspace", slug: "a-personal" },
      ]);
    } finally {
      await store.close();
    }
  });

  it("two servers on one store accept each other's tokens and show each other's writes", async () => {
    const store = await open();
    const env = { ...PLAIN, ATOMS_RESOURCE_URL: "http://atoms.localhost/api/mcp" };
    const blue = await startServer(env, shared(store.driver));
    const green = await startServer(env, shared(store.driver));
    try {
      const headers = { authorization: `Bearer ${await blue.token("alice")}` };
      expect((await green.get("/api/mcp/tools", headers)).status).toBe(200);
      const data = { name: "Shared org" };
      await blue.call("alice", "entity_tool", { entity_type: "organization", operation: "create", data });
      const seen = await green.call("alice", "entity_tool", {
        entity_type: "organization",
        entity_id: "Shared org",
      });
      expect(seen).toMatchObject({ success: true, data: { slug: "shared-org" } });
    } finally {
      await blue.close();
      await green.close();
      await store.close();
    }
  });
});

describe("the embedded store", () => {
  let folder: string | undefined;
  afterAll(() => (folder === undefined ? undefined : rm(folder, { recursive: true, force: true })));

  it("keeps rows in its folder", async () => {
    folder = await mkdtemp(join(tmpdir(), "atoms-mcp-"));
    const data = join(folder, "data");
    const first = await openEmbeddedStore(data, async () => undefined);
    await first.transaction((sql) => sql.query("create table kept (n int)"));
    await first.transaction((sql) => sql.query("insert into kept values (7)"));
    await first.close();
    const second = await openEmbeddedStore(data, async () => undefined);
    expect(await second.transaction((sql) => sql.query("select n from kept"))).toEqual([{ n: 7 }]);
    await second.close();
  });
});

describe("a store that cannot be reached", () => {
  it("is told as such, and its address never has the password in it", async () => {
    const driver = await openPostgres("postgres://atoms:hunter2@127.0.0.1:1/none", 1, () => undefined);
    const database = createDatabase(driver, around);
    await expect(database.asService("test", (sql) => sql.query("select 1"))).rejects.toThrow(
      StoreUnavailable,
    );
    await driver.close();
    expect(targetOf("postgres://atoms:hunter2@db.example/atoms")).toBe("db.example:5432/atoms");
  });
});
