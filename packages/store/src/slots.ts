import type { SlotStore } from "@atoms/playbook";
import type { Database } from "./database.js";

/** Time slots of jobs in PostgreSQL: one row per job, so the table does not grow with time. */
export function openSlots(db: Database): SlotStore {
  return {
    async claim(names, slot, worker) {
      if (names.length === 0) return [];
      // In the order of their names, so that two workers that claim the same jobs wait for each other in one direction.
      const rows = await db.query<{ name: string }>(
        `insert into atoms.slot as standing (name, slot, worker)
         select distinct name, $2::double precision, $3 from unnest($1::text[]) as name order by name
         on conflict (name) do update set slot = excluded.slot, worker = excluded.worker
         where standing.slot < excluded.slot
           or (standing.slot > excluded.slot
               and standing.slot > extract(epoch from clock_timestamp()) * 1000 + 60000)
         returning name`,
        [names, slot, worker],
      );
      return rows.map(({ name }) => name);
    },
    async prune(before) {
      await db.query("delete from atoms.slot where slot < $1", [before]);
    },
  };
}
