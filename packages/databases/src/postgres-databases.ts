import { randomBytes } from "node:crypto";
import type { Clock, DatabaseFacts, Databases } from "@atoms/playbook";
import {
  addressMistaken,
  databaseNotMade,
  databaseNotSwapped,
  dumpFailed,
  isProblem,
  restoreFailed,
} from "@atoms/playbook";
import {
  forPrograms,
  isPostgresAddress,
  nameIn,
  shownAddress,
  targetOf,
  withName,
  withoutPasswords,
} from "./address.js";
import { type Connection, connected, isNoSuchDatabase } from "./connect.js";
import { contentsOf, measurePlainly, objectsIn } from "./contents.js";
import { findProgram, start } from "./programs.js";

const scratchPrefix = "atoms_scratch_";
/** A scratch database older than this is nobody's any more. */
const restMs = 3_600_000;
/** So often connections are cut while a database is renamed; PostgreSQL waits 5 s for them to be gone. */
const cutEveryMs = 100;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * The databases of services, on any PostgreSQL that an address leads to.
 * @param world.path Where PostgreSQL's programs are looked for first; the variable PATH by default.
 */
export function postgresDatabases(world: { clock: Clock; path?: string }): Databases {
  const { clock } = world;

  /** A connection to the server that is in nobody's way: databases are made, renamed and dropped from beside. */
  const beside = async <T>(url: string, work: (db: Connection) => Promise<T>, signal?: AbortSignal) => {
    try {
      return await connected(withName(url, "postgres"), work, signal);
    } catch (error) {
      if (!isNoSuchDatabase(error)) throw error;
      return connected(withName(url, "template1"), work, signal);
    }
  };

  const drop = async (url: string, signal?: AbortSignal) => {
    await beside(
      url,
      (db) => db.query(`drop database if exists ${quoted(nameIn(url))} with (force)`),
      signal,
    );
  };

  const sweep = async (db: Connection) => {
    const rows = await db.query<{ name: string }>(
      `select datname as name from pg_database where datname like '${scratchPrefix}%'
         and not exists (select from pg_stat_activity a where a.datname = pg_database.datname)`,
    );
    for (const { name } of rows) {
      const madeAt = Number.parseInt(name.slice(scratchPrefix.length).split("_")[0] ?? "", 36);
      if (madeAt < clock.now() - restMs)
        await db.query(`drop database if exists ${quoted(name)}`).catch(() => undefined);
    }
  };

  return {
    understands: isPostgresAddress,
    dumpKind: () => "pg_dump",
    shown: shownAddress,
    target: targetOf,

    async facts(url, signal) {
      checkAddress(url);
      try {
        return await connected(url, factsOf(url), signal);
      } catch (error) {
        if (isNoSuchDatabase(error)) return undefined;
        throw error;
      }
    },

    objects: (url, signal) =>
      connected(
        url,
        async (db) => {
          await measurePlainly(db);
          return objectsIn(db);
        },
        signal,
      ),

    contents: (url, onTable, signal) =>
      connected(
        url,
        async (db) => {
          await measurePlainly(db);
          await db.query("begin isolation level repeatable read read only");
          return contentsOf(db, onTable);
        },
        signal,
      ),

    async dump(url, { take, onTable }, signal) {
      checkAddress(url);
      return connected(
        url,
        async (db) => {
          const facts = await factsOf(url)(db);
          const file = await findProgram("pg_dump", majorOf(facts.server), world.path);
          await measurePlainly(db);
          await db.query("begin isolation level repeatable read read only");
          const [row] = await db.query<{ id: string }>("select pg_export_snapshot() as id");
          const stop = new AbortController();
          const both = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
          const { address, env } = forPrograms(url);
          // The counting reads sequences first: those of the dump are then at least as far.
          const contents = contentsOf(db, onTable);
          const { child, ended } = start(
            file,
            ["--format=custom", "--no-password", `--snapshot=${row?.id ?? ""}`, `--dbname=${address}`],
            env,
            both,
          );
          child.stdin.end();
          try {
            const [counted, , end] = await Promise.all([contents, take(child.stdout), ended]);
            if (end.code !== 0)
              throw dumpFailed({
                where: shownAddress(url),
                because: firstLines(withoutPasswords(end.said, [url])) || `pg_dump ended with ${end.code}`,
              });
            return { facts, contents: counted };
          } catch (error) {
            stop.abort(error);
            await Promise.allSettled([contents, ended]);
            throw error;
          }
        },
        signal,
      );
    },

    async restore(url, data, { server, roles = [], signal }) {
      const file = await findProgram("pg_restore", majorOf(server), world.path);
      if (roles.length > 0) await connected(url, (db) => makeRoles(db, roles), signal);
      const { address, env } = forPrograms(url);
      const { child, ended } = start(
        file,
        ["--exit-on-error", "--no-password", `--dbname=${address}`],
        env,
        signal,
      );
      child.stdout.resume();
      let code: number | undefined;
      void ended.then((end) => {
        code = end.code;
      });
      let broken: unknown;
      try {
        for await (const piece of data) {
          if (code !== undefined && code !== 0) break;
          // It may leave the last bytes unread; the rest is read all the same, for whoever digests what passes.
          if (code === undefined && !child.stdin.write(piece))
            await Promise.race([new Promise((resolve) => child.stdin.once("drain", resolve)), ended]);
        }
      } catch (error) {
        broken = error;
        child.kill("SIGTERM");
      }
      child.stdin.end();
      const end = await ended;
      signal?.throwIfAborted();
      if (broken !== undefined) throw broken;
      if (end.code !== 0)
        throw restoreFailed({
          where: shownAddress(url),
          because: firstLines(withoutPasswords(end.said, [url])) || `pg_restore ended with ${end.code}`,
        });
    },

    async make(url, { locale, name }, signal) {
      const fresh = name ?? `${scratchPrefix}${clock.now().toString(36)}_${randomBytes(4).toString("hex")}`;
      const made = withName(url, fresh);
      try {
        await beside(
          url,
          async (db) => {
            await sweep(db);
            const as = `create database ${quoted(fresh)} template template0`;
            const like =
              locale === undefined
                ? ""
                : ` encoding ${literal(locale.encoding)} lc_collate ${literal(locale.collate)} lc_ctype ${literal(locale.ctype)}`;
            await db.query(as + like);
          },
          signal,
        );
      } catch (error) {
        throw isProblem(error) && error.code === "ATM-233"
          ? databaseNotMade({ where: shownAddress(made), because: error.happened })
          : error;
      }
      return made;
    },

    drop,

    async swap(url, fresh, aside, signal) {
      const name = nameIn(url);
      try {
        await beside(
          url,
          async (db) => {
            const [standing] = await db.query<{ owner: string }>(
              "select pg_get_userbyid(datdba) as owner from pg_database where datname = $1",
              [name],
            );
            const [ready] = await db.query("select from pg_database where datname = $1", [nameIn(fresh)]);
            if (ready === undefined)
              throw databaseNotSwapped({ where: shownAddress(url), because: `${nameIn(fresh)} is gone.` });
            if (standing === undefined) {
              await db.query(`alter database ${quoted(nameIn(fresh))} rename to ${quoted(name)}`);
              return;
            }
            await db.query("begin");
            // While it waits to rename, PostgreSQL lets nobody new in; who is in is sent away from beside.
            const cutting = cutConnections(url, name, clock, signal);
            try {
              await db.query(`alter database ${quoted(name)} rename to ${quoted(aside)}`);
            } finally {
              await cutting.end();
            }
            await db.query(`alter database ${quoted(nameIn(fresh))} rename to ${quoted(name)}`);
            await db.query(`alter database ${quoted(name)} owner to ${quoted(standing.owner)}`);
            await db.query("commit");
          },
          signal,
        );
      } catch (error) {
        throw isProblem(error) && error.code === "ATM-233"
          ? databaseNotSwapped({ where: shownAddress(url), because: error.happened })
          : error;
      }
    },

    async label(url, signal) {
      try {
        return await connected(
          url,
          async (db) => {
            const [row] = await db.query<{ label: string | null }>(
              "select shobj_description(oid, 'pg_database') as label from pg_database where datname = current_database()",
            );
            return row?.label ?? undefined;
          },
          signal,
        );
      } catch (error) {
        if (isNoSuchDatabase(error)) return undefined;
        throw error;
      }
    },

    setLabel: async (url, text, signal) => {
      await connected(
        url,
        (db) => db.query(`comment on database ${quoted(nameIn(url))} is ${literal(text)}`),
        signal,
      );
    },

    isEmpty: (url, signal) =>
      connected(
        url,
        async (db) => Object.keys(await objectsIn(db)).every((name) => !name.startsWith("table ")),
        signal,
      ),
  };

  function cutConnections(url: string, name: string, time: Clock, signal: AbortSignal | undefined) {
    const over = new AbortController();
    const cut = beside(url, async (db) => {
      while (!over.signal.aborted && signal?.aborted !== true) {
        await db.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
          [name],
        );
        await time.sleep(cutEveryMs, over.signal).catch(() => undefined);
      }
    }).catch(() => undefined);
    return {
      async end() {
        over.abort();
        await cut;
      },
    };
  }
}

function checkAddress(url: string): void {
  if (!isPostgresAddress(url)) throw addressMistaken({ given: shownAddress(url) });
}

const factsOf = (url: string) => async (db: Connection) => {
  const [row] = await db.query<DatabaseFacts["locale"] & { server: string; bytes: string }>(
    `select current_setting('server_version') as server, pg_database_size(oid)::text as bytes,
       pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype
     from pg_database where datname = current_database()`,
  );
  if (row === undefined) throw addressMistaken({ given: shownAddress(url) });
  const roles = await db.query<{ name: string }>(
    `select distinct pg_get_userbyid(refobjid) as name from pg_shdepend
     where refclassid = 'pg_authid'::regclass and deptype <> 'i' and pg_get_userbyid(refobjid) !~ '^(pg_|unknown)'
       and dbid = (select oid from pg_database where datname = current_database()) order by 1`,
  );
  const { server, bytes, encoding, collate, ctype } = row;
  return {
    name: nameIn(url),
    where: shownAddress(url),
    target: targetOf(url),
    server: server.split(" ")[0] ?? server,
    bytes: Number(bytes),
    locale: { encoding, collate, ctype },
    roles: roles.map(({ name }) => name),
  } satisfies DatabaseFacts;
};

/** Makes the roles that a dump names and the server lacks, and lets whoever restores act for them. */
async function makeRoles(db: Connection, roles: readonly string[]): Promise<void> {
  const missing = await db.query<{ name: string }>(
    "select name from unnest($1::text[]) as name where not exists (select from pg_roles where rolname = name)",
    [roles],
  );
  for (const { name } of missing) {
    await db.query(`create role ${quoted(name)} nologin`);
    await db.query(`grant ${quoted(name)} to current_user`);
  }
}

const majorOf = (server: string) => Number.parseInt(server, 10);

const firstLines = (said: string) =>
  said
    .split("\n")
    .map((line) => line.replace(/^pg_(dump|restore): (error: )?/, "").trim())
    .filter((line) => line !== "")
    .slice(0, 3)
    .join("; ");
