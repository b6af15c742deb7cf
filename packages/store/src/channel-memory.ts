import type { ChannelMemory } from "@atoms/playbook";
import type { Database } from "./database.js";

/** What channels remember, in PostgreSQL. What nobody has touched for ninety days is forgotten. */
export function openChannelMemory(db: Database): ChannelMemory {
  return {
    async get(key) {
      const [row] = await db.query<{ value: string }>(
        "select value from atoms.channel_memory where key = $1",
        [key],
      );
      return row?.value;
    },
    async put(key, value) {
      await db.query(
        `with old as (delete from atoms.channel_memory where at < clock_timestamp() - interval '90 days' and key <> $1)
         insert into atoms.channel_memory (key, value) values ($1, $2)
         on conflict (key) do update set value = excluded.value, at = clock_timestamp()`,
        [key, value],
      );
    },
  };
}
