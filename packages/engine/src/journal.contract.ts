import pg from "pg";

/** Forgets every flow, signal and worker; leaves the tables. */
export async function emptyJournal(pool: pg.Pool): Promise<void> {
  await pool.query(`do $$ declare name text; begin
    for name in select tablename from pg_tables
      where schemaname = 'atoms_engine' and tablename not like 'dbos_migrations%'
    loop execute format('delete from atoms_engine.%I', name); end loop;
  end $$`);
}

/** A database of its own on a server. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

export async function createDatabase(url: string): Promise<TestDatabase> {
  const name = `atoms_engine_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await admin(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => admin(`drop database if exists ${name} with (force)`) };
}
