import type { Clock } from "@atoms/playbook";
import { isProblem } from "@atoms/playbook";
import { type Connection, connected } from "./connect.js";

/** The table of a trail. */
export const trailTable = "atoms_drill_trail";

/** Rows that are written to a database one after the other, so that afterwards it can be told which were kept. */
export type Trail = {
  /** How many writes the database has acknowledged. */
  written(): number;
  /** When a row was written, by its number from 1; in milliseconds since the epoch. */
  at(id: number): number | undefined;
  /** Stops writing, and waits for the write in hand. Safe to call twice. */
  stop(): Promise<void>;
};

/** What is there of a trail. */
export type TrailFound = {
  rows: number;
  /** When the last of them was written, in milliseconds since the epoch; undefined without any. */
  lastAt?: number;
  /** No row is missing before the last. */
  whole: boolean;
};

/**
 * Begins to write rows, each in a transaction of its own; ends by itself with the first write that fails.
 * @returns when the first row is written. @throws ATM-232, ATM-233 when it cannot be.
 */
export async function writeTrail(
  url: string,
  { everyMs, clock }: { everyMs: number; clock: Clock },
): Promise<Trail> {
  const over = new AbortController();
  const times: number[] = [];
  let begun: (() => void) | undefined;
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const writing = connected(url, async (db) => {
    await db.query(`create table if not exists ${trailTable} (id bigint primary key, at bigint not null)`);
    while (!over.signal.aborted) {
      const at = clock.now();
      await db.query(`insert into ${trailTable} (id, at) values ($1, $2)`, [times.length + 1, at]);
      times.push(at);
      begun?.();
      await clock.sleep(everyMs, over.signal).catch(() => undefined);
    }
  });
  await Promise.race([first, writing]);
  // The failure is what ends it.
  const ended = writing.catch((error: unknown) => {
    if (!isProblem(error)) throw error;
  });
  ended.catch(() => undefined);
  return {
    written: () => times.length,
    at: (id) => times[id - 1],
    async stop() {
      over.abort();
      await ended;
    },
  };
}

/** Reads what is there of a trail. @throws ATM-232, ATM-233. */
export async function readTrail(url: string, signal?: AbortSignal): Promise<TrailFound> {
  return connected(url, trailIn, signal);
}

async function trailIn(db: Connection): Promise<TrailFound> {
  const [found] = await db.query<{ rows: string; last: string | null; at: string | null }>(
    `select count(*)::text as rows, max(id)::text as last, max(at)::text as at from ${trailTable}`,
  );
  const rows = Number(found?.rows ?? 0);
  return {
    rows,
    whole: rows === Number(found?.last ?? 0),
    ...(typeof found?.at === "string" ? { lastAt: Number(found.at) } : {}),
  };
}
