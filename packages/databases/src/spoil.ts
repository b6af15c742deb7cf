import { connected } from "./connect.js";
import { trailTable } from "./trail.js";

const elsewhere = "atoms_drill_elsewhere";

/**
 * Spoils a trail as a bad release does: of the rows that are there, every tenth is gone, and every tenth is another.
 * @returns how many of each, and the number of the last row that was there. @throws ATM-232, ATM-233.
 */
export async function spoilTrail(
  url: string,
  signal?: AbortSignal,
): Promise<{ gone: number; other: number; last: number }> {
  return connected(
    url,
    async (db) => {
      const [found] = await db.query<{ gone: string; other: string; last: string }>(
        `with there as (select max(id) as last from ${trailTable}),
           gone as (delete from ${trailTable} using there where id % 10 = 3 and id <= last returning 1),
           other as (update ${trailTable} set at = -at from there where id % 10 = 7 and id <= last returning 1)
         select (select count(*) from gone)::text as gone, (select count(*) from other)::text as other,
           (select last from there)::text as last`,
      );
      return {
        gone: Number(found?.gone ?? 0),
        other: Number(found?.other ?? 0),
        last: Number(found?.last ?? 0),
      };
    },
    signal,
  );
}

/** Reads every row of a trail: when it says that it was written, by its number. @throws ATM-232, ATM-233. */
export async function trailRows(url: string, signal?: AbortSignal): Promise<Map<number, number>> {
  return connected(
    url,
    async (db) => {
      const rows = await db.query<{ id: string; at: string }>(`select id, at from ${trailTable}`);
      return new Map(rows.map(({ id, at }) => [Number(id), Number(at)]));
    },
    signal,
  );
}

/** Writes a few rows of another table anew: what a recovery of the trail must leave as it is. @throws ATM-232, ATM-233. */
export async function writeElsewhere(url: string, note: string, signal?: AbortSignal): Promise<void> {
  await connected(
    url,
    async (db) => {
      await db.query(`create table if not exists ${elsewhere} (id bigint primary key, note text not null)`);
      await db.query(
        `insert into ${elsewhere} (id, note) select i, $1 from generate_series(1, 10) i
         on conflict (id) do update set note = excluded.note`,
        [note],
      );
    },
    signal,
  );
}

/** What the rows of that other table say, each once. @throws ATM-232, ATM-233. */
export async function readElsewhere(url: string, signal?: AbortSignal): Promise<string[]> {
  return connected(
    url,
    async (db) =>
      (await db.query<{ note: string }>(`select distinct note from ${elsewhere} order by note`)).map(
        ({ note }) => note,
      ),
    signal,
  );
}
