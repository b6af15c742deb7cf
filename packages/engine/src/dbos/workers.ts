import type { Clock } from "@atoms/playbook";
import type { Pool } from "pg";
import { schema } from "./dbos.js";

/** How several engines on one server know of each other. */
export const heartbeat = {
  /** A worker shows that it lives this often, in milliseconds, and looks after the others as often. */
  everyMs: 2_000,
  /** Not seen for this long, a worker is taken for dead, and its flows may be taken over. */
  deadAfterMs: 10_000,
  /** Not heard by the database for this long, a worker stops its own flows: before anybody may take them over. */
  letGoAfterMs: 7_000,
};

/** This engine among the others. */
export interface Worker {
  /** Executors that live, this one included, by the database's clock. */
  living(): Promise<Set<string>>;
  /** Whether the database has heard of us lately; if not, our flows are no longer ours, from now on at the latest. */
  isHeard(): boolean;
  /** Leaves: our flows may be taken over at once. */
  leave(): Promise<void>;
}

/**
 * Joins the workers of a server.
 * @param onSilence Told when the database has not heard of us for too long: our flows are no longer ours.
 * @param onBeat Told after each heartbeat.
 */
export async function joinWorkers(
  pool: Pool,
  executor: string,
  clock: Clock,
  onSilence: () => void,
  onBeat: () => Promise<void>,
): Promise<Worker> {
  const left = new AbortController();
  let heardAt = { monotonic: clock.monotonic(), wall: clock.now() };
  /** A machine that slept has a monotonic clock that slept too; a wall clock that jumps only lets flows go for nothing. */
  const silentMs = () => Math.max(clock.monotonic() - heardAt.monotonic, clock.now() - heardAt.wall);
  const isHeard = () => {
    if (silentMs() <= heartbeat.letGoAfterMs) return true;
    onSilence();
    return false;
  };
  const beat = async () => {
    const asked = { monotonic: clock.monotonic(), wall: clock.now() };
    await pool.query(
      `insert into ${schema}.atoms_worker (executor) values ($1)
       on conflict (executor) do update set seen_at = clock_timestamp()`,
      [executor],
    );
    // Silent for too long until now: what was ours may be another's, although we are heard again.
    isHeard();
    heardAt = asked;
  };
  const watch = async () => {
    while (!left.signal.aborted) {
      await clock.sleep(heartbeat.everyMs / 4, left.signal).catch(() => undefined);
      isHeard();
    }
  };
  const live = async () => {
    while (!left.signal.aborted) {
      await clock.sleep(heartbeat.everyMs, left.signal).catch(() => undefined);
      if (left.signal.aborted) return;
      // A database that does not answer is no reason to stop beating: `watch` decides when it has been too long.
      await beat()
        .then(onBeat)
        .catch(() => undefined);
    }
  };
  await beat();
  const running = [watch(), live()];

  return {
    isHeard,
    async living() {
      const { rows } = await pool.query<{ executor: string }>(
        `select executor from ${schema}.atoms_worker
         where seen_at > clock_timestamp() - make_interval(secs => $1)`,
        [heartbeat.deadAfterMs / 1_000],
      );
      return new Set(rows.map((row) => row.executor));
    },
    async leave() {
      left.abort();
      await Promise.all(running);
      await pool
        .query(`delete from ${schema}.atoms_worker where executor = $1`, [executor])
        .catch(() => undefined);
    },
  };
}
