import type { Heartbeat, HeartbeatOf, HeartbeatStore } from "@atoms/playbook";
import type { Database } from "./database.js";

/** Signs of life in PostgreSQL: one row for each monitor. */
export function openHeartbeats(db: Database): HeartbeatStore {
  return {
    async beat({ service, environment, monitor }, at, ok, message) {
      await db.query(
        `insert into atoms.heartbeat (service, environment, monitor, beat_at, ok, message)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (service, environment, monitor) do update
         set beat_at = excluded.beat_at, ok = excluded.ok, message = excluded.message`,
        [service, environment, monitor, at, ok, message ?? null],
      );
    },
    async listen({ service, environment, monitor }, at, deafAfterMs) {
      // What lies in the future was written by a clock that was ahead, and must not count until then.
      const [row] = await db.query<Row>(
        `insert into atoms.heartbeat as known (service, environment, monitor, listening_since, looked_at)
         values ($1, $2, $3, $4, $4)
         on conflict (service, environment, monitor) do update
         set listening_since = case
               when known.looked_at is null or known.looked_at < $4 - $5 then $4
               else least(known.listening_since, $4) end,
             looked_at = $4,
             beat_at = case when known.beat_at > $4 then $4 else known.beat_at end
         returning beat_at, ok, message, listening_since`,
        [service, environment, monitor, at, deafAfterMs],
      );
      return heartbeatOf(row as Row);
    },
    async peek({ service, environment, monitor }: HeartbeatOf) {
      const [row] = await db.query<Row>(
        `select beat_at, ok, message, listening_since from atoms.heartbeat
         where service = $1 and environment = $2 and monitor = $3`,
        [service, environment, monitor],
      );
      return row === undefined ? undefined : heartbeatOf(row);
    },
  };
}

interface Row {
  beat_at: number | null;
  ok: boolean;
  message: string | null;
  listening_since: number | null;
}

function heartbeatOf({ beat_at, ok, message, listening_since }: Row): Heartbeat {
  return {
    listeningSince: listening_since ?? beat_at ?? 0,
    ...(beat_at === null ? {} : { last: { at: beat_at, ok, ...(message === null ? {} : { message }) } }),
  };
}
