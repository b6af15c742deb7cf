import { type Alert, AlertMoved, type AlertStore, isOpen, type Silence } from "@atoms/playbook";
import type { Database, Queries } from "./database.js";
import { appendEvents } from "./ledger.js";
import { putNotices } from "./outbox.js";

interface Row {
  body: string;
}

/** Alerts and silences in PostgreSQL. */
export function openAlerts(db: Database): AlertStore {
  const alertsOf = (rows: readonly Row[]) => rows.map((row) => JSON.parse(row.body) as Alert);
  const silencesOf = (rows: readonly Row[]) => rows.map((row) => JSON.parse(row.body) as Silence);
  return {
    open: async (service, environment) =>
      alertsOf(
        await db.query<Row>(
          `select body from atoms.alert where service = $1 and environment = $2 and open
           order by active_at, id collate "C"`,
          [service, environment],
        ),
      ),
    get: async (id) => alertsOf(await db.query<Row>("select body from atoms.alert where id = $1", [id]))[0],
    list: async ({ service, environment, state, limit }) =>
      alertsOf(
        await db.query<Row>(
          `select body from atoms.alert
           where ($1::text is null or service = $1) and ($2::text is null or environment = $2)
             and ($3::text is null or state = $3)
           order by active_at desc, id collate "C" desc limit $4`,
          [service ?? null, environment ?? null, state ?? null, limit],
        ),
      ),
    commit: ({ alerts, silences, notices, events }) =>
      db.transaction(async (queries) => {
        // In the order of their ids, so that two writers wait for each other in one direction.
        for (const alert of [...alerts].sort(byId)) await writeAlert(queries, alert);
        for (const silence of [...silences].sort(byId)) await writeSilence(queries, silence);
        await putNotices(queries, notices);
        await appendEvents(queries, events);
      }),
    silences: async (service, environment) =>
      silencesOf(
        await db.query<Row>(
          `select body from atoms.silence where service = $1 and environment = $2 and not ended
           order by ends_at, id collate "C"`,
          [service, environment],
        ),
      ),
    async silencesMark() {
      const [row] = await db.query<{ mark: string | null }>("select max(place) as mark from atoms.silence");
      return Number(row?.mark ?? 0);
    },
    pastSilences: async ({ service, environment, limit }) =>
      silencesOf(
        await db.query<Row>(
          `select body from atoms.silence where service = $1 and environment = $2
           order by ends_at desc, id collate "C" desc limit $3`,
          [service, environment, limit],
        ),
      ),
    async evaluated(service, environment, at) {
      await db.query(
        `insert into atoms.evaluation as standing (service, environment, at) values ($1, $2, $3)
         on conflict (service, environment) do update set at = greatest(standing.at, excluded.at)`,
        [service, environment, at],
      );
    },
    async lastEvaluated(service, environment) {
      const [row] = await db.query<{ at: number }>(
        "select at from atoms.evaluation where service = $1 and environment = $2",
        [service, environment],
      );
      return row?.at;
    },
    getSilence: async (id) =>
      silencesOf(await db.query<Row>("select body from atoms.silence where id = $1", [id]))[0],
  };
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

async function writeAlert(queries: Queries, alert: Alert): Promise<void> {
  const { id, service, environment, rule, series, state, activeAt, version } = alert;
  const rows =
    state === "passed"
      ? await queries.query("delete from atoms.alert where id = $1 and version = $2 returning id", [
          id,
          version - 1,
        ])
      : version === 1
        ? await queries.query(
            `insert into atoms.alert (id, service, environment, rule, series, state, open, active_at, version, body)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9) on conflict do nothing returning id`,
            [id, service, environment, rule, series, state, isOpen(alert), activeAt, JSON.stringify(alert)],
          )
        : await queries.query(
            `update atoms.alert set state = $3, open = $4, version = version + 1, body = $5
             where id = $1 and version = $2 returning id`,
            [id, version - 1, state, isOpen(alert), JSON.stringify(alert)],
          );
  if (rows.length === 0) throw new AlertMoved(id);
}

async function writeSilence(queries: Queries, silence: Silence): Promise<void> {
  const { id, service, environment, endsAt, endedAt } = silence;
  await queries.query(
    `insert into atoms.silence (id, service, environment, ends_at, ended, place, body)
     values ($1, $2, $3, $4, $5, nextval('atoms.silence_change'), $6)
     on conflict (id) do update set ends_at = excluded.ends_at, ended = excluded.ended, place = excluded.place,
       body = excluded.body`,
    [id, service, environment, endsAt, endedAt !== undefined, JSON.stringify(silence)],
  );
}
