import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { openStore, type Store } from "./store.js";

/** A store for a whole test file, emptied between tests. */
export interface Place {
  name: string;
  store: () => Store;
  /** Empties every table. */
  empty: () => Promise<void>;
}

/** The embedded store, and a real PostgreSQL when ATOMS_TEST_DB names one; `npm test` always does. */
export function places(): Place[] {
  const url = process.env["ATOMS_TEST_DB"];
  return [embedded(), ...(url === undefined ? [] : [server(url)])];
}

function embedded(): Place {
  let store: Store | undefined;
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "atoms-store-"));
    store = await openStore({ folder });
  });
  afterAll(async () => {
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return place("embedded", () => store);
}

function server(url: string): Place {
  let store: Store | undefined;
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await createDatabase(url);
    store = await openStore({ url: database.url });
  });
  afterAll(async () => {
    await store?.close();
    await database?.drop();
  });
  return place("PostgreSQL", () => store);
}

function place(name: string, store: () => Store | undefined): Place {
  const opened = () => {
    const standing = store();
    if (standing === undefined) throw new Error(`the ${name} store is not open yet`);
    return standing;
  };
  return {
    name,
    store: opened,
    async empty() {
      await opened().pool.query(`
        set session_replication_role = replica;
        truncate atoms.ledger, atoms.release, atoms.proven, atoms.notice, atoms.page, atoms.on_call_override,
          atoms.monitor, atoms.sample, atoms.sample_point, atoms.slot, atoms.heartbeat, atoms.channel_memory,
          atoms.alert, atoms.silence, atoms.evaluation, atoms.credential, atoms.incident;
        set session_replication_role = origin;
        update atoms.ledger_head set seq = 0, hash = repeat('0', 64);`);
    },
  };
}

/** A database of its own on a server. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

export async function createDatabase(url: string): Promise<TestDatabase> {
  const name = `atoms_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
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
