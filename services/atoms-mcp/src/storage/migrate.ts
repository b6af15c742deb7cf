import { createHash } from "node:crypto";
import type { Driver, Sql } from "./database.js";
import { type Migration, migrations } from "./migrations/index.js";

/** Which migrations the store has, against those this release knows. */
export interface SchemaState {
  current: number;
  expected: number;
}

/** A migration that was applied has been changed since: the release and the store disagree about history. */
export class MigrationChanged extends Error {
  constructor(version: number) {
    super(`migration ${version} in the store differs from the one in this release; nothing was changed`);
  }
}

/** Held while migrating, so that two servers starting at once do not both migrate. */
const LOCK = 7_246_051_883;

/** The version this release expects. */
export const expectedVersion = migrations.at(-1)?.version ?? 0;

/**
 * Applies what is pending, oldest first, each in a transaction of its own.
 * @returns the versions applied now
 * @throws MigrationChanged when an applied one has another checksum
 */
export async function migrate(driver: Driver): Promise<number[]> {
  await driver.transaction(async (sql) => {
    await lock(sql);
    await sql.query(`create table if not exists schema_migrations (
      version int primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default clock_timestamp())`);
  });
  const applied: number[] = [];
  for (const migration of migrations) {
    const did = await driver.transaction(async (sql) => {
      await lock(sql);
      const [row] = await sql.query<{ checksum: string }>(
        "select checksum from schema_migrations where version = $1",
        [migration.version],
      );
      if (row) {
        if (row.checksum !== checksumOf(migration)) throw new MigrationChanged(migration.version);
        return false;
      }
      for (const statement of migration.statements) await sql.query(statement);
      await sql.query("insert into schema_migrations (version, name, checksum) values ($1, $2, $3)", [
        migration.version,
        migration.name,
        checksumOf(migration),
      ]);
      return true;
    });
    if (did) applied.push(migration.version);
  }
  return applied;
}

/** Reads how far the store is; 0 when it has never been migrated. */
export async function schemaState(sql: Sql): Promise<SchemaState> {
  const [table] = await sql.query<{ present: boolean }>(
    "select to_regclass('schema_migrations') is not null as present",
  );
  if (!table?.present) return { current: 0, expected: expectedVersion };
  const [row] = await sql.query<{ current: number | null }>(
    "select max(version)::int as current from schema_migrations",
  );
  return { current: row?.current ?? 0, expected: expectedVersion };
}

async function lock(sql: Sql): Promise<void> {
  await sql.query("select pg_advisory_xact_lock($1::bigint)", [LOCK]);
}

/** SHA-256 over the statements, in hex. */
export function checksumOf(migration: Migration): string {
  return createHash("sha256").update(migration.statements.join("\n;\n")).digest("hex");
}
