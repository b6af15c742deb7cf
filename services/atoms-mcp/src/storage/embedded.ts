import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { PGlite } from "@electric-sql/pglite";
import type { Driver, Sql } from "./database.js";

/**
 * A freshly initialised data folder, packed by bundle.mjs: beside the bundle, or in `dist/`. Without one the folder is
 * made here, which takes seconds instead of half a second and twice the memory.
 */
const TEMPLATES = ["./pgdata.tar.gz", "../../dist/pgdata.tar.gz"];

/**
 * Opens the embedded Postgres. The import is here and nowhere else, because loading it costs time and memory that a
 * server with `DATABASE_URL` should not pay. Only one process may open a folder.
 * @param dataDir the folder to keep rows in; without one they live in memory
 * @param tar what a new one begins with, as PGlite packs it; empty tables when left out
 */
export async function openPglite(dataDir: string | undefined, tar?: Uint8Array): Promise<PGlite> {
  const { PGlite } = await import("@electric-sql/pglite");
  const fresh = dataDir === undefined || !existsSync(dataDir);
  const content = fresh ? (tar ?? (await readTemplate())) : undefined;
  return PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(content === undefined ? {} : { loadDataDir: new TarBlob(content) }),
  });
}

/** A tar as PGlite wants to have it, without the copies that a Blob of it would be. */
class TarBlob extends Blob {
  readonly #tar: Uint8Array;

  constructor(tar: Uint8Array) {
    super([]);
    this.#tar = tar;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = this.#tar;
    const alone = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength;
    return alone ? buffer : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  }
}

/**
 * @param db an open PGlite
 * @param target what health reports (hashed) as the database's address
 */
export function pgliteDriver(db: PGlite, target: string): Driver {
  return {
    target,
    single: {
      query: async <Row>(text: string, values: readonly unknown[] = []) =>
        (await db.query<Row & Record<string, unknown>>(text, [...values])).rows as Row[],
    },
    transaction: (work, settings = {}) =>
      db.transaction(async (tx) => {
        const sql: Sql = {
          query: async <Row>(text: string, values: readonly unknown[] = []) =>
            (await tx.query<Row & Record<string, unknown>>(text, [...values])).rows as Row[],
        };
        const names = Object.keys(settings);
        if (names.length > 0) {
          const set = names.map((name, i) => `set_config('${name}', $${i + 1}, true)`);
          await sql.query(`select ${set.join(", ")}`, Object.values(settings));
        }
        return work(sql);
      }),
    close: () => db.close(),
  };
}

async function readTemplate(): Promise<Uint8Array | undefined> {
  const path = TEMPLATES.map((name) => fileURLToPath(new URL(name, import.meta.url))).find((name) =>
    existsSync(name),
  );
  if (path === undefined) return undefined;
  return promisify(gunzip)(await readFile(path));
}
