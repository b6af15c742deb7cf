import { type Incident, type IncidentChange, type IncidentStore, noSuchIncident } from "@atoms/playbook";
import type { Database, Queries } from "./database.js";
import { appendEvents } from "./ledger.js";
import { putNotices } from "./outbox.js";

interface Row {
  body: string;
}

/** Incidents in PostgreSQL. */
export function openIncidents(db: Database): IncidentStore {
  const standing = async (queries: Pick<Queries, "query">, id: string, more = "") => {
    const [row] = await queries.query<Row>(`select body from atoms.incident where id = $1 ${more}`, [id]);
    return row && incidentOf(row);
  };
  const tell = async (queries: Queries, { events, notices }: IncidentChange) => {
    await appendEvents(queries, events);
    await putNotices(queries, notices);
  };
  return {
    open: (opened) =>
      db.transaction(async (queries) => {
        const { incident } = opened;
        const added = await queries.query(
          `insert into atoms.incident (id, service, environment, state, opened_at, body)
           values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing returning id`,
          [
            incident.id,
            incident.service,
            incident.environment,
            incident.state,
            incident.openedAt,
            JSON.stringify(incident),
          ],
        );
        if (added.length > 0) {
          await tell(queries, opened);
          return { incident, opened: true };
        }
        const known = await standing(queries, incident.id);
        if (known === undefined) throw noSuchIncident({ incident: incident.id });
        return { incident: known, opened: false };
      }),
    change: (id, how) =>
      db.transaction(async (queries) => {
        const known = await standing(queries, id, "for update");
        if (known === undefined) throw noSuchIncident({ incident: id });
        const change = how(known);
        if (change === undefined) return { incident: known, changed: false };
        const { incident } = change;
        await queries.query("update atoms.incident set state = $2, body = $3 where id = $1", [
          id,
          incident.state,
          JSON.stringify(incident),
        ]);
        await tell(queries, change);
        return { incident, changed: true };
      }),
    get: (id) => standing(db, id),
    async list({ service, environment, only, limit }) {
      const rows = await db.query<Row>(
        `select body from atoms.incident
         where ($1::text is null or service = $1) and ($2::text is null or environment = $2)
           and ($3::text is null or state <> 'closed') and ($3::text is distinct from 'under way' or state <> 'resolved')
         order by opened_at desc, id collate "C" desc limit $4`,
        [service ?? null, environment ?? null, only ?? null, limit],
      );
      return rows.map(incidentOf);
    },
  };
}

const incidentOf = (row: Row) => JSON.parse(row.body) as Incident;
