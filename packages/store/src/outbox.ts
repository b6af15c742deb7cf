import type { Notice, NoticeRecord, Outbox } from "@atoms/playbook";
import type { Database } from "./database.js";
import { appendEvents } from "./ledger.js";
import { afterTry } from "./notice-outcome.js";
import { noSuchNotice } from "./problems.js";

interface Row {
  place: string;
  state: NoticeRecord["state"];
  tries: number;
  next_at: number;
  sent_at: number | null;
  because: string | null;
  body: string;
}

const columns = "place, state, tries, next_at, sent_at, because, body";

/** The outbox in PostgreSQL. Several workers may take from it: none gets what another holds. */
export function openOutbox(db: Database): Outbox {
  return {
    put: (notices, events) =>
      db.transaction(async (queries) => {
        for (const notice of notices)
          await queries.query(
            `insert into atoms.notice (key, release, state, due_at, next_at, body)
             values ($1, $2, 'waiting', $3, $3, $4) on conflict (key) do nothing`,
            [notice.key, notice.release ?? null, notice.dueAt, JSON.stringify(notice)],
          );
        await appendEvents(queries, events);
      }),
    async take(now, limit, leaseMs) {
      const rows = await db.query<Row>(
        `with due as (
           select key from atoms.notice
           where state = 'waiting' and next_at <= $1 and leased_until <= $1
           order by due_at, place limit $2 for update skip locked
         )
         update atoms.notice n set leased_until = $1::double precision + $3::double precision
         from due where n.key = due.key returning ${columns}, due_at`,
        [now, limit, leaseMs],
      );
      return inOrder(rows).map(recordOf);
    },
    settle: (key, delivery, at, nextAt) =>
      db.transaction(async (queries) => {
        const [row] = await queries.query<Row>(
          `select ${columns} from atoms.notice where key = $1 for update`,
          [key],
        );
        if (row === undefined) throw noSuchNotice({ key });
        const after = afterTry(recordOf(row), delivery, at, nextAt);
        await queries.query(
          `update atoms.notice set state = $2, tries = $3, next_at = $4, sent_at = $5, because = $6, leased_until = 0
           where key = $1`,
          [
            key,
            after.state,
            after.tries,
            after.nextAt,
            after.sentAt ?? null,
            after.because === undefined ? null : JSON.stringify(after.because),
          ],
        );
      }),
    async cancel(release, keyPrefix) {
      const rows = await db.query<Row & { key: string }>(
        `update atoms.notice set state = 'cancelled'
         where release = $1 and state = 'waiting' and starts_with(key, $2) returning key, ${columns}`,
        [release, keyPrefix],
      );
      return inOrder(rows).map((row) => row.key);
    },
    async list({ release, state, limit }) {
      const rows = await db.query<Row>(
        `select ${columns} from atoms.notice
         where ($1::text is null or release = $1) and ($2::text is null or state = $2)
         order by due_at, place limit $3`,
        [release ?? null, state ?? null, limit],
      );
      return rows.map(recordOf);
    },
  };
}

/** Oldest first; `returning` promises no order. */
function inOrder<R extends Row>(rows: readonly R[]): R[] {
  const due = (row: R) => (JSON.parse(row.body) as Notice).dueAt;
  return [...rows].sort((a, b) => due(a) - due(b) || Number(a.place) - Number(b.place));
}

function recordOf(row: Row): NoticeRecord {
  return {
    ...(JSON.parse(row.body) as Notice),
    state: row.state,
    tries: row.tries,
    nextAt: row.next_at,
    ...(row.because === null ? {} : { because: JSON.parse(row.because) as string }),
    ...(row.sent_at === null ? {} : { sentAt: row.sent_at }),
  };
}
