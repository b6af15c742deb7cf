import {
  cameTooLate,
  type Notice,
  type NoticeRecord,
  noticeRetried,
  noticeSuperseded,
  type Outbox,
  type Reached,
} from "@atoms/playbook";
import type { Database, Queries } from "./database.js";
import { appendEvents } from "./ledger.js";
import { afterTry, triedAgain } from "./notice-outcome.js";
import { noSuchNotice } from "./problems.js";

interface Row {
  place: string;
  state: NoticeRecord["state"];
  tries: number;
  next_at: number;
  sent_at: number | null;
  because: string | null;
  since: number | null;
  reached: string | null;
  body: string;
}

const columns = "place, state, tries, next_at, sent_at, because, since, reached, body";
/** The same of a table that is called `n`, where another one is at hand. */
const columnsOfN = columns.replace(/\w+/g, "n.$&");

/** The outbox in PostgreSQL. Several workers may take from it: none gets what another holds. */
export function openOutbox(db: Database): Outbox {
  return {
    put: (notices, events) =>
      db.transaction(async (queries) => {
        await putNotices(queries, notices);
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
         from due where n.key = due.key returning ${columnsOfN}`,
        [now, limit, leaseMs],
      );
      return inOrder(rows).map(recordOf);
    },
    note: (key, channel, outcome) =>
      db.transaction(async (queries) => {
        const [row] = await queries.query<{ reached: string | null }>(
          "select reached from atoms.notice where key = $1 for update",
          [key],
        );
        if (row === undefined) throw noSuchNotice({ key });
        const reached = { ...reachedOf(row.reached), [channel]: outcome };
        await queries.query("update atoms.notice set reached = $2 where key = $1", [
          key,
          JSON.stringify(reached),
        ]);
      }),
    async defer(keys, nextAt) {
      await db.query(
        "update atoms.notice set next_at = $2, leased_until = 0 where key = any($1::text[]) and state = 'waiting'",
        [keys, nextAt],
      );
    },
    async supersede(now, dueBefore) {
      // This is asked for all the time, and there is hardly ever anything so old: a look is cheaper than a transaction.
      const old = await db.query(
        "select 1 from atoms.notice where state = 'waiting' and thread is not null and due_at < $1 limit 1",
        [dueBefore],
      );
      if (old.length === 0) return [];
      return db.transaction(async (queries) => {
        const rows = await queries.query<Row>(
          `update atoms.notice n set state = 'superseded', because = $3
           where n.state = 'waiting' and n.thread is not null and n.due_at < $2 and n.leased_until <= $1
             and exists (
               select 1 from atoms.notice newer
               where newer.state in ('waiting', 'sent') and newer.thread = n.thread and newer.channel = n.channel
                 and newer.due_at > n.due_at and newer.due_at <= $1
             )
           returning ${columnsOfN}`,
          [now, dueBefore, JSON.stringify(cameTooLate)],
        );
        const dropped = inOrder(rows).map(recordOf);
        await appendEvents(
          queries,
          dropped.map((one) => noticeSuperseded(one, now)),
        );
        return dropped.map(({ key }) => key);
      });
    },
    retry: (keys, now, actor) =>
      db.transaction(async (queries) => {
        const rows = await queries.query<Row>(
          `select ${columns} from atoms.notice
           where state = 'dead' and ($1::text[] is null or key = any($1::text[])) for update`,
          [keys ?? null],
        );
        const again = inOrder(rows).map((row) => triedAgain(recordOf(row), now));
        for (const { key, reached } of again)
          await queries.query(
            `update atoms.notice set state = 'waiting', tries = 0, next_at = $2, since = $2, leased_until = 0,
               because = null, reached = $3 where key = $1`,
            [key, now, JSON.stringify(reached)],
          );
        await appendEvents(
          queries,
          again.map((one) => noticeRetried(one, now, actor)),
        );
        return again;
      }),
    settle: (key, delivery, at, nextAt, told) =>
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
        if (after.state !== "dead" || told === undefined) return;
        await appendEvents(queries, told.events);
        await putNotices(queries, told.notices);
      }),
    async cancel(release, keyPrefix) {
      const rows = await db.query<Row & { key: string }>(
        `update atoms.notice set state = 'cancelled'
         where release = $1 and state = 'waiting' and starts_with(key, $2) returning key, ${columns}`,
        [release, keyPrefix],
      );
      return inOrder(rows).map((row) => row.key);
    },
    async list({ release, state, newest = false, limit }) {
      const order = newest ? "due_at desc, place desc" : "due_at, place";
      const rows = await db.query<Row>(
        `select ${columns} from atoms.notice
         where ($1::text is null or release = $1) and ($2::text is null or state = $2)
         order by ${order} limit $3`,
        [release ?? null, state ?? null, limit],
      );
      return rows.map(recordOf);
    },
  };
}

/** Writes notices as part of a transaction. Known keys are left as they are. */
export async function putNotices(queries: Queries, notices: readonly Notice[]): Promise<void> {
  for (const notice of notices)
    await queries.query(
      `insert into atoms.notice (key, release, state, due_at, next_at, since, thread, channel, body)
       values ($1, $2, 'waiting', $3, $3, $3, $4, $5, $6) on conflict (key) do nothing`,
      [
        notice.key,
        notice.release ?? null,
        notice.dueAt,
        notice.thread ?? null,
        notice.channel,
        JSON.stringify(notice),
      ],
    );
}

/** Oldest first; `returning` promises no order. */
function inOrder<R extends Row>(rows: readonly R[]): R[] {
  const due = (row: R) => (JSON.parse(row.body) as Notice).dueAt;
  return [...rows].sort((a, b) => due(a) - due(b) || Number(a.place) - Number(b.place));
}

function reachedOf(text: string | null): Reached {
  return text === null ? {} : (JSON.parse(text) as Reached);
}

function recordOf(row: Row): NoticeRecord {
  const notice = JSON.parse(row.body) as Notice;
  return {
    ...notice,
    state: row.state,
    since: row.since ?? notice.dueAt,
    reached: reachedOf(row.reached),
    tries: row.tries,
    nextAt: row.next_at,
    ...(row.because === null ? {} : { because: JSON.parse(row.because) as string }),
    ...(row.sent_at === null ? {} : { sentAt: row.sent_at }),
  };
}
