import { noSuchOverride, noSuchPage, type OnCallStore, type Override, type Page } from "@atoms/playbook";
import type { Database } from "./database.js";
import { appendEvents } from "./ledger.js";
import { putNotices } from "./outbox.js";

interface Row {
  body: string;
}

/** Pages and overrides in PostgreSQL. */
export function openOnCall(db: Database): OnCallStore {
  const page = async (id: string) => {
    const [row] = await db.query<Row>("select body from atoms.page where id = $1", [id]);
    return row && pageOf(row);
  };
  return {
    page,
    open: (opened, events) =>
      db.transaction(async (queries) => {
        const added = await queries.query(
          `insert into atoms.page (id, state, opened_at, body) values ($1, $2, $3, $4)
           on conflict (id) do nothing returning id`,
          [opened.id, opened.state, opened.at, JSON.stringify(opened)],
        );
        if (added.length > 0) {
          await appendEvents(queries, events);
          return opened;
        }
        const [row] = await queries.query<Row>("select body from atoms.page where id = $1", [opened.id]);
        if (row === undefined) throw noSuchPage({ page: opened.id });
        return pageOf(row);
      }),
    change: (id, from, change, events, notices) =>
      db.transaction(async (queries) => {
        const [row] = await queries.query<Row>("select body from atoms.page where id = $1 for update", [id]);
        if (row === undefined) throw noSuchPage({ page: id });
        const standing = pageOf(row);
        if (!from.includes(standing.state)) return { page: standing, changed: false };
        const changed = settled({ ...standing, ...change });
        await queries.query("update atoms.page set state = $2, body = $3 where id = $1", [
          id,
          changed.state,
          JSON.stringify(changed),
        ]);
        await appendEvents(queries, events);
        await putNotices(queries, notices(changed));
        return { page: changed, changed: true };
      }),
    async pages({ state, limit }) {
      const rows = await db.query<Row>(
        `select body from atoms.page where ($1::text is null or state = $1)
         order by opened_at desc, id collate "C" desc limit $2`,
        [state ?? null, limit],
      );
      return rows.map(pageOf);
    },
    addOverride: (override, events) =>
      db.transaction(async (queries) => {
        const { id, service, environment, from, until } = override;
        await queries.query(
          `insert into atoms.on_call_override (id, service, environment, from_at, until_at, body)
           values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing`,
          [id, service, environment, from, until, JSON.stringify(override)],
        );
        await appendEvents(queries, events);
      }),
    removeOverride: (id, events) =>
      db.transaction(async (queries) => {
        const [row] = await queries.query<Row>(
          "delete from atoms.on_call_override where id = $1 returning body",
          [id],
        );
        if (row === undefined) throw noSuchOverride({ override: id });
        const removed = JSON.parse(row.body) as Override;
        await appendEvents(queries, events(removed));
        return removed;
      }),
    async overrides({ service, environment, after }) {
      const rows = await db.query<Row>(
        `select body from atoms.on_call_override where service = $1 and environment = $2 and until_at > $3
         order by from_at, id collate "C" limit 1000`,
        [service, environment, after],
      );
      return rows.map((row) => JSON.parse(row.body) as Override);
    },
  };
}

const pageOf = (row: Row) => JSON.parse(row.body) as Page;

/** Only a page that is paging tells somebody next. */
function settled(page: Page): Page {
  if (page.state === "paging") return page;
  const { nextAt: _over, ...rest } = page;
  return rest;
}
