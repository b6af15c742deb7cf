import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { type Driver, type Sql, StoreUnavailable } from "./database.js";
import { Door, StoreBusy } from "./door.js";
import { DumpRefused, pack, unpack, type WholeDatabase } from "./dump.js";
import { openPglite, pgliteDriver } from "./embedded.js";
import { AsideTaken, asideFolder, bringToDisk, exchange, freshFolder, settleExchange } from "./exchange.js";

/** Looks at a database that is to be put in place. @throws DumpRefused when it does not fit this service. */
export type Fits = (candidate: Driver) => Promise<void>;

/**
 * The embedded Postgres as a driver whose whole database can be taken out and exchanged.
 * @param dataDir the folder to keep rows in; without one they live in memory
 */
export async function openEmbeddedStore(dataDir: string | undefined, fits: Fits): Promise<Driver> {
  if (dataDir !== undefined) {
    await mkdir(dirname(resolve(dataDir)), { recursive: true });
    await settleExchange(dataDir);
  }
  return new EmbeddedStore(await openPglite(dataDir), dataDir, fits);
}

class EmbeddedStore implements Driver, WholeDatabase {
  readonly target: string;
  readonly single: Sql;
  readonly #door = new Door();
  #db: PGlite | undefined;
  #opening: Promise<PGlite> | undefined;
  #closed = false;
  #busy = false;
  /** In memory the database of before is kept packed: open, it would take as much memory again. The last one only. */
  #kept: { aside: string; packed: Uint8Array } | undefined;

  constructor(
    db: PGlite,
    readonly dataDir: string | undefined,
    readonly fits: Fits,
  ) {
    this.#db = db;
    this.target = `embedded:0/${dataDir ?? "memory"}`;
    this.single = {
      query: (text, values) => this.#door.pass(async () => (await this.#driver()).single.query(text, values)),
    };
  }

  get whole(): WholeDatabase {
    return this;
  }

  transaction: Driver["transaction"] = (work, settings) =>
    this.#door.pass(async () => (await this.#driver()).transaction(work, settings));

  /** Waits for an exchange that is at work, and a while for requests. */
  async close(): Promise<void> {
    const close = async () => {
      const db = this.#db;
      this.#db = undefined;
      this.#closed = true;
      await db?.close();
    };
    await this.#door.alone(close).catch((error: unknown) => {
      if (!(error instanceof StoreBusy)) throw error;
      return close();
    });
  }

  dump(aside?: string): Promise<Uint8Array | undefined> {
    return this.#oneAtATime(async () => {
      if (aside !== undefined) return this.#dumpAside(aside);
      const tar = await this.#door.alone(async () => tarOf(await this.#open()));
      return pack(tar);
    });
  }

  replace(packed: Uint8Array, aside: string): Promise<void> {
    return this.#oneAtATime(async () => {
      const tar = await unpack(packed, await majorOf(this.single));
      await (this.dataDir === undefined
        ? this.#replaceInMemory(tar, aside)
        : this.#replaceFolder(this.dataDir, tar, aside));
    });
  }

  async #replaceInMemory(tar: Uint8Array, aside: string): Promise<void> {
    const fresh = await this.#openDump(tar, undefined);
    const kept = await this.#door.alone(async () => {
      const before = await this.#open();
      const all = await tarOf(before);
      this.#db = fresh;
      await before.close();
      return all;
    });
    this.#kept = { aside, packed: await pack(kept) };
  }

  async #replaceFolder(dataDir: string, tar: Uint8Array, aside: string): Promise<void> {
    if (existsSync(asideFolder(dataDir, aside)))
      throw new AsideTaken(`there is something called ${aside} already`);
    const folder = freshFolder(dataDir);
    try {
      await rm(folder, { recursive: true, force: true });
      await (await this.#openDump(tar, folder)).close();
      // Before the door is shut: it is a thousand files.
      await bringToDisk(dataDir);
      await this.#door.alone(async () => {
        const before = await this.#open();
        this.#db = undefined;
        await before.close();
        try {
          await exchange(dataDir, aside);
        } finally {
          await this.#open();
        }
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Opens a dump beside, and has it looked at. @throws DumpRefused */
  async #openDump(tar: Uint8Array, dataDir: string | undefined): Promise<PGlite> {
    let fresh: PGlite | undefined;
    try {
      fresh = await openPglite(dataDir, tar);
      await this.fits(pgliteDriver(fresh, this.target));
      return fresh;
    } catch (error) {
      await fresh?.close().catch(() => undefined);
      if (error instanceof DumpRefused || isDiskError(error)) throw error;
      throw new DumpRefused(`it does not open: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #dumpAside(aside: string): Promise<Uint8Array | undefined> {
    if (this.dataDir === undefined) return this.#kept?.aside === aside ? this.#kept.packed : undefined;
    const folder = asideFolder(this.dataDir, aside);
    if (!existsSync(join(folder, "PG_VERSION"))) return undefined;
    const db = await openPglite(folder);
    try {
      return await pack(await tarOf(db));
    } finally {
      await db.close();
    }
  }

  async #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new StoreBusy("another dump or exchange is at work");
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /** Closed after an exchange whose database did not open at once, it is opened by the next use. */
  async #open(): Promise<PGlite> {
    if (this.#db !== undefined) return this.#db;
    if (this.#closed || this.dataDir === undefined) throw new StoreUnavailable();
    this.#opening ??= openPglite(this.dataDir).finally(() => {
      this.#opening = undefined;
    });
    try {
      this.#db = await this.#opening;
      return this.#db;
    } catch (error) {
      throw new StoreUnavailable(error);
    }
  }

  async #driver(): Promise<Driver> {
    return pgliteDriver(await this.#open(), this.target);
  }
}

/** The checkpoint spares whoever opens it the recovery of what is in the log only. */
async function tarOf(db: PGlite): Promise<Uint8Array> {
  await db.exec("checkpoint");
  return new Uint8Array(await (await db.dumpDataDir("none")).arrayBuffer());
}

async function majorOf(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ version: string }>(
    "select current_setting('server_version_num') as version",
  );
  return Math.floor(Number(row?.version) / 10_000);
}

const isDiskError = (error: unknown) =>
  /^(ENOSPC|EACCES|EPERM|EROFS|EDQUOT|EIO|EMFILE)$/.test(String((error as { code?: unknown } | null)?.code));
