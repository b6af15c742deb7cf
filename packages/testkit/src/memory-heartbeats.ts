import type { Heartbeat, HeartbeatOf, HeartbeatStore } from "@atoms/playbook";

type Row = { last?: Heartbeat["last"]; listeningSince?: number; lookedAt?: number };

/** Signs of life in memory, for tests. */
export function memoryHeartbeats(): HeartbeatStore {
  const rows = new Map<string, Row>();
  const keyOf = ({ service, environment, monitor }: HeartbeatOf) =>
    JSON.stringify([service, environment, monitor]);
  const heartbeatOf = ({ last, listeningSince }: Row): Heartbeat => ({
    listeningSince: listeningSince ?? last?.at ?? 0,
    ...(last === undefined ? {} : { last }),
  });
  return {
    async beat(of, at, ok, message) {
      const last = { at, ok, ...(message === undefined ? {} : { message }) };
      rows.set(keyOf(of), { ...rows.get(keyOf(of)), last });
    },
    async listen(of, at, deafAfterMs) {
      const { last, listeningSince, lookedAt } = rows.get(keyOf(of)) ?? {};
      const deaf = listeningSince === undefined || lookedAt === undefined || lookedAt < at - deafAfterMs;
      const row: Row = {
        ...(last === undefined ? {} : { last: { ...last, at: Math.min(last.at, at) } }),
        listeningSince: deaf ? at : Math.min(listeningSince, at),
        lookedAt: at,
      };
      rows.set(keyOf(of), row);
      return heartbeatOf(row);
    },
    async peek(of) {
      const row = rows.get(keyOf(of));
      return row === undefined ? undefined : heartbeatOf(row);
    },
  };
}
