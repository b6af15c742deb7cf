import { createHash } from "node:crypto";
import type { Database, Queries } from "./database.js";
import { type Migration, migrations } from "./migrations/index.js";
import { migrationChanged, storeNewer } from "./problems.js";

/** Any number nobody else in the database would lock by chance. */
const lockKey = 7_301_945_220_713n;

interface Applied {
  id: number;
  name: string;
  checksum: string;
}

/**
 * Brings the tables to what this Atoms knows; several processes may try at once.
 * @throws storeNewer (ATM-705), migrationChanged (ATM-706); nothing is changed then.
 */
export async function migrate(db: Database, known: readonly Migration[] = migrations): Promise<void> {
  const [there] = await db.query<{ there: boolean }>(
    "select to_regclass('atoms.migration') is not null as there",
  );
  if (there?.there !== true) await db.transaction(prepare);
  const missing = known.slice(check(db.where, known, await applied(db)).length);
  for (const migration of missing)
    await db.transaction((queries) => apply(db.where, known, migration, queries));
}

async function prepare(queries: Queries): Promise<void> {
  await lock(queries);
  await queries.query(`
    create schema if not exists atoms;
    create table if not exists atoms.migration (
      id integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    );`);
}

async function apply(
  where: string,
  known: readonly Migration[],
  migration: Migration,
  queries: Queries,
): Promise<void> {
  await lock(queries);
  // Another process may have been faster while this one waited for the lock.
  if (check(where, known, await applied(queries)).length >= migration.id) return;
  await queries.query(migration.sql);
  await queries.query("insert into atoms.migration (id, name, checksum) values ($1, $2, $3)", [
    migration.id,
    migration.name,
    checksum(migration),
  ]);
}

function applied(queries: Queries): Promise<Applied[]> {
  return queries.query<Applied>("select id, name, checksum from atoms.migration order by id");
}

function check(where: string, known: readonly Migration[], standing: readonly Applied[]): readonly Applied[] {
  const newest = standing.at(-1);
  if (newest !== undefined && newest.id > known.length)
    throw storeNewer({ where, known: known.length, found: newest.id });
  for (const [i, one] of standing.entries()) {
    const migration = known[i];
    if (migration === undefined || one.id !== migration.id || one.checksum !== checksum(migration))
      throw migrationChanged({ where, name: one.name });
  }
  return standing;
}

function checksum(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

async function lock(queries: Queries): Promise<void> {
  await queries.query("select pg_advisory_xact_lock($1)", [String(lockKey)]);
}
