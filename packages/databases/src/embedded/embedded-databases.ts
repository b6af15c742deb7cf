import { randomBytes } from "node:crypto";
import type { Clock, DatabaseFacts, Databases } from "@atoms/playbook";
import {
  databaseNotSwapped,
  dumpUnusable,
  embeddedCannot,
  isWholeEmbeddedAddress,
  restoreFailed,
} from "@atoms/playbook";
import { shownAddress, targetOf } from "../address.js";
import type { Connection } from "../connect.js";
import { contentsOf, measurePlainly, objectsIn } from "../contents.js";
import { isScratch, placeOf, scratchAddress } from "./address.js";
import { gathered, unpacked } from "./dump-file.js";
import { openScratch, type Scratch } from "./scratch.js";
import { type Patience, putDump, takeDump, usualPatience } from "./service.js";

/** The version of PostgreSQL that the installed PGlite is, and whose dumps it opens. */
const ownMajor = 18;
const pieceBytes = 256 * 1024;
/** Whoever looks at a database asks for its facts and then for its objects: for so long one dump answers both. */
const sameLookMs = 10_000;

/** What this process has of a scratch database: nothing yet, or a dump and the database that was opened from it. */
type Made = { dump?: Uint8Array; open?: Scratch };

/**
 * Databases that are embedded in their services (PGlite). Each is held by its process alone, so that the service itself
 * gives it out and takes it back; what it gives is opened here, in the memory of a thread, to be measured.
 * @param world.patience How long a service may take.
 */
export function embeddedDatabases(world: { clock: Clock; patience?: Patience }): Databases {
  const { clock, patience = usualPatience } = world;
  const scratches = new Map<string, Made>();
  let looked: { url: string; at: number; objects: Record<string, string> } | undefined;

  /** Opens a dump for a while. */
  const within = async <T>(
    packed: Uint8Array,
    where: string,
    work: (db: Connection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    const scratch = await openScratch(await unpacked(packed, where, ownMajor), where, signal);
    try {
      await measurePlainly(scratch.db);
      return await work(scratch.db);
    } finally {
      await scratch.close();
    }
  };

  /** Works on a scratch database, or on what the service gives of the one in use at this moment. */
  const looking = async <T>(
    url: string,
    work: (db: Connection) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    if (!isScratch(url)) {
      const place = placeOf(url);
      return within(await takeDump(place, { patience, clock, signal }), place.where, work, signal);
    }
    const open = scratches.get(url)?.open;
    if (open === undefined)
      throw new Error("a scratch database is measured before anything was restored into it");
    await measurePlainly(open.db);
    return work(open.db);
  };

  const cannot = (url: string): never => {
    throw embeddedCannot({ database: shownAddress(url), what: "this recovery", others: [] });
  };

  return {
    understands: (url) => isWholeEmbeddedAddress(url) || isScratch(url),
    dumpKind: () => "pglite",
    shown: shownAddress,
    target: targetOf,

    facts: (url, signal) =>
      looking(
        url,
        async (db) => {
          looked = { url, at: clock.monotonic(), objects: await objectsIn(db) };
          return factsOf(url)(db);
        },
        signal,
      ),

    async objects(url, signal) {
      const last = looked;
      looked = undefined;
      if (last?.url === url && clock.monotonic() - last.at < sameLookMs) return last.objects;
      return looking(url, objectsIn, signal);
    },

    contents: (url, onTable, signal) => looking(url, (db) => contentsOf(db, onTable), signal),

    async dump(url, { take, onTable }, signal) {
      const place = placeOf(url);
      const packed = await takeDump(place, { patience, clock, signal });
      // Measured first: what does not open is no backup.
      const measured = await within(
        packed,
        place.where,
        async (db) => ({ facts: await factsOf(url)(db), contents: await contentsOf(db, onTable) }),
        signal,
      );
      await take(inPieces(packed));
      return measured;
    },

    async restore(url, data, { signal }) {
      const made = scratches.get(url);
      if (made === undefined)
        throw restoreFailed({
          where: shownAddress(url),
          because: "it is restored beside, and then exchanged",
        });
      const dump = await gathered(data, "the backup");
      made.open = await openScratch(await unpacked(dump, "the backup", ownMajor), "the backup", signal);
      made.dump = dump;
    },

    async make(url, { name }) {
      if (name !== undefined) return cannot(url);
      placeOf(url);
      const address = scratchAddress(`${clock.now().toString(36)}_${randomBytes(4).toString("hex")}`);
      scratches.set(address, {});
      return address;
    },

    async drop(url) {
      if (!isScratch(url)) return cannot(url);
      const made = scratches.get(url);
      scratches.delete(url);
      await made?.open?.close();
    },

    async swap(url, fresh, aside, signal) {
      const made = scratches.get(fresh);
      if (made?.dump === undefined)
        throw databaseNotSwapped({ where: shownAddress(url), because: "what was restored is gone." });
      // The service opens it too: two at once are enough for one machine.
      await made.open?.close();
      await putDump(placeOf(url), made.dump, aside, { patience, clock, signal });
      scratches.delete(fresh);
    },

    label: async (url) => cannot(url),
    setLabel: async (url) => cannot(url),
    isEmpty: (url, signal) =>
      looking(
        url,
        async (db) => Object.keys(await objectsIn(db)).every((name) => !name.startsWith("table ")),
        signal,
      ),
  };
}

const factsOf =
  (url: string) =>
  async (db: Connection): Promise<DatabaseFacts> => {
    const [row] = await db.query<DatabaseFacts["locale"] & { server: string; bytes: string }>(
      `select current_setting('server_version') as server, pg_database_size(oid)::text as bytes,
         pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype
       from pg_database where datname = current_database()`,
    );
    if (row === undefined) throw dumpUnusable({ where: shownAddress(url), because: "it has no database" });
    const { server, bytes, encoding, collate, ctype } = row;
    const where = shownAddress(url);
    return {
      name: where.slice(where.lastIndexOf("/") + 1),
      where,
      target: targetOf(url),
      server: server.split(" ")[0] ?? server,
      bytes: Number(bytes),
      locale: { encoding, collate, ctype },
    };
  };

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
