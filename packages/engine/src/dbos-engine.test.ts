import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "@atoms/store";
import { afterAll, beforeAll } from "vitest";
import { engineContract } from "./engine.contract.js";
import { openDbosEngine } from "./index.js";

let store: Store;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "atoms-engine-"));
  store = await openStore({ folder });
});
afterAll(async () => {
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

engineContract("DBOS on the embedded store", async () => {
  await store.pool.query(`do $$ declare name text; begin
    for name in select tablename from pg_tables
      where schemaname = 'atoms_engine' and tablename not like 'dbos_migrations%'
    loop execute format('delete from atoms_engine.%I', name); end loop;
  end $$`);
  return {
    open: (flows) => openDbosEngine({ connectionString: store.connectionString, flows }),
    close: async () => undefined,
  };
});
