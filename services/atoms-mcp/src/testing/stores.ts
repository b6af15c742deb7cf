import { randomUUID } from "node:crypto";
import type { Driver } from "../storage/database.js";
import { openPglite, pgliteDriver } from "../storage/embedded.js";
import { migrate } from "../storage/migrate.js";
import { openPostgres } from "../storage/postgres.js";

/** A store for one test file: migrated, emptied between tests, gone afterwards. */
export interface TestStore {
  readonly driver: Driver;
  /** Its address, where other processes can reach it. */
  readonly url: string | undefined;
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** The kinds of store that this run of the tests has. */
export const STORES: { name: string; open: (migrated?: boolean) => Promise<TestStore> }[] = [
  { name: "PGlite", open: openEmbeddedStore },
];

const server = process.env["ATOMS_TEST_DB"];
if (server === undefined || server === "") {
  console.log("atoms-mcp: ATOMS_TEST_DB is not set, so storage is tested on PGlite only.");
} else {
  STORES.push({ name: "PostgreSQL", open: (migrated) => openServerStore(server, migrated) });
}

async function openEmbeddedStore(migrated = true): Promise<TestStore> {
  const db = await openPglite(undefined);
  return prepare(pgliteDriver(db, "embedded:0/memory"), undefined, migrated, async () => undefined);
}

/** A database of its own on the given server, dropped at the end. */
async function openServerStore(address: string, migrated = true): Promise<TestStore> {
  const name = `atoms_mcp_${randomUUID().replaceAll("-", "")}`;
  const admin = await openAutocommit(address);
  await admin.run(`create database ${name}`);
  const url = new URL(address);
  url.pathname = `/${name}`;
  const driver = await openPostgres(url.href, 5, () => undefined);
  return prepare(driver, url.href, migrated, async () => {
    await admin.run(`drop database ${name} with (force)`);
    await admin.close();
  });
}

async function openAutocommit(address: string) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  return { run: (text: string) => client.query(text), close: () => client.end() };
}

async function prepare(
  driver: Driver,
  url: string | undefined,
  migrated: boolean,
  drop: () => Promise<void>,
): Promise<TestStore> {
  if (migrated) await migrate(driver);
  return {
    driver,
    url,
    empty: () =>
      driver.transaction(async (sql) => {
        const tables = await sql.query<{ name: string }>(
          "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'",
        );
        // Without triggers and in any order; for so few rows several times faster than truncating.
        await sql.query("select set_config('session_replication_role', 'replica', true)");
        for (const { name } of tables) await sql.query(`delete from ${name}`);
      }),
    close: async () => {
      await driver.close();
      await drop();
    },
  };
}
