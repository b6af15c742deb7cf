import type { Json } from "@atoms/playbook";
import type { Pool } from "pg";
import { schema } from "./dbos.js";

/** Signals as they wait to be read. */
export interface Signals {
  send(flow: string, name: string, payload: Json): Promise<void>;
  /**
   * Reads the next unread signal for one place in a flow. The same place reads the same signal again, so that a crash
   * between reading it and writing that down loses nothing.
   */
  read(flow: string, name: string, place: number): Promise<{ payload: Json } | undefined>;
}

/** Signals in PostgreSQL, next to the journal. */
export function openSignals(pool: Pool): Signals {
  return {
    async send(flow, name, payload) {
      await pool.query(`insert into ${schema}.atoms_signal (flow, name, payload) values ($1, $2, $3)`, [
        flow,
        name,
        JSON.stringify(payload),
      ]);
    },
    async read(flow, name, place) {
      const { rows } = await pool.query<{ payload: string }>(
        `update ${schema}.atoms_signal set read_at_place = $3 where seq = (
           select seq from ${schema}.atoms_signal
           where flow = $1 and name = $2 and (read_at_place is null or read_at_place = $3)
           order by read_at_place nulls last, seq limit 1
         ) returning payload`,
        [flow, name, place],
      );
      return rows[0] && { payload: JSON.parse(rows[0].payload) as Json };
    },
  };
}

/** Tables of ours that stand next to those of the journal. */
export async function createTables(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ there: boolean }>(
    `select to_regclass('${schema}.atoms_worker') is not null as there`,
  );
  if (rows[0]?.there === true) return;
  await pool.query(`
    begin;
    select pg_advisory_xact_lock(7301945220714);
    create table if not exists ${schema}.atoms_signal (
      seq bigint generated always as identity primary key,
      flow text not null,
      name text not null,
      payload text not null,
      read_at_place integer
    );
    create index if not exists atoms_signal_unread on ${schema}.atoms_signal (flow, name, seq);
    create table if not exists ${schema}.atoms_worker (
      executor text primary key,
      seen_at timestamptz not null default clock_timestamp()
    );
    commit;`);
}
