import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import type { Shop } from "../cli/shop.js";

/** How the release that is recorded shifts its traffic: slowly, so that it is met in the middle of it. */
export const canary = `canary:
  steps: [50, 100]
  bake: 10s
  interval: 1s
  warm_up: 500ms
  step_minimum: 3s
  min_requests: 20
  source: probe
  probe: { rate: 20, paths: [/products] }
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
`;

const stores = fileURLToPath(new URL("stores", import.meta.url));

/** The recorded stores, each named by the version of Atoms that wrote it. */
export const recorded = (): string[] =>
  readdirSync(stores)
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => name.slice(0, -".tgz".length));

/**
 * Puts a recorded store, its platform and its sources into a shop's folder, as if they had always been there.
 * @param url Where the store goes: a PostgreSQL database that is empty; into the embedded store when left out.
 */
export async function restore(version: string, shop: Shop, url: string | undefined): Promise<void> {
  execFileSync("tar", ["-xzf", join(stores, `${version}.tgz`), "-C", shop.folder]);
  const { folder } = JSON.parse(readFileSync(join(shop.folder, "recorded.json"), "utf8")) as {
    folder: string;
  };
  // Functions stand in the dump before the tables they speak of.
  const sql = `set check_function_bodies = false;
    ${gunzipSync(readFileSync(join(shop.folder, "store.sql.gz"))).toString()}
    update atoms_engine.workflow_input set inputs = replace(inputs, '${folder}', '${shop.folder}');`;
  if (url !== undefined) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
    return;
  }
  const store = fileURLToPath(new URL("../../packages/store/package.json", import.meta.url));
  const { PGlite } = createRequire(store)("@electric-sql/pglite") as {
    PGlite: new (folder: string) => { exec(sql: string): Promise<unknown>; close(): Promise<void> };
  };
  const data = join(shop.folder, ".atoms", "store", "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const database = new PGlite(data);
  await database.exec(sql).finally(() => database.close());
}
