import { type FlagStore, flagTableMistaken, isProblem } from "@atoms/playbook";
import { shownAddress } from "./address.js";
import { type Connection, connected } from "./connect.js";

/** Nobody holds a row of flags for longer. */
const within = "set statement_timeout = '10s'; set lock_timeout = '5s'";
/** No such table, no such column, no unique name, a value of another kind. */
const mistaken = ["42P01", "42703", "42P10", "42804", "22P02", "3F000"];

/** The flags of services, as rows of their own databases. */
export function databaseFlags(): FlagStore {
  const on = async <T>(
    url: string,
    table: string,
    work: (db: Connection) => Promise<T>,
    signal?: AbortSignal,
  ) => {
    try {
      return await connected(
        url,
        async (db) => {
          await db.query(within);
          return work(db);
        },
        signal,
      );
    } catch (error) {
      if (!isProblem(error) || !mistaken.includes((error.cause as { code?: string } | undefined)?.code ?? ""))
        throw error;
      throw flagTableMistaken({ where: shownAddress(url), table, because: error.happened });
    }
  };
  return {
    set: (url, { table, name, value }, signal) =>
      on(
        url,
        table,
        async (db) => {
          const stamped = await db.query(
            "select from pg_attribute where attrelid = $1::regclass and attname = 'updated_at' and not attisdropped",
            [table],
          );
          const stamp = stamped.length > 0 ? ", updated_at = now()" : "";
          await db.query(
            `insert into ${table} as flag (name, value) values ($1, $2::jsonb)
             on conflict (name) do update set value = excluded.value${stamp}`,
            [name, JSON.stringify(value)],
          );
        },
        signal,
      ),
    get: (url, { table, name }, signal) =>
      on(
        url,
        table,
        async (db) => {
          const [row] = await db.query<{ value: unknown }>(`select value from ${table} where name = $1`, [
            name,
          ]);
          return row?.value;
        },
        signal,
      ),
  };
}
