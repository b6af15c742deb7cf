import {
  type Activity,
  noSuchRelease,
  type Proven,
  type Release,
  type Releases,
  releaseRunning,
} from "@atoms/playbook";
import type { Database, Queries } from "./database.js";
import { appendEvents } from "./ledger.js";

interface Row {
  body: string;
  activity: string | null;
}

/** Releases in PostgreSQL. Their bodies are kept as JSON text, which holds every string there is. */
export function openReleases(db: Database): Releases {
  const running = async (service: string, environment: string): Promise<Release | undefined> => {
    const [row] = await db.query<Row>(
      "select body, activity from atoms.release where service = $1 and environment = $2 and state = 'running'",
      [service, environment],
    );
    return row && releaseOf(row);
  };
  /** Lets the database decide who is first, and tells the second who that was. */
  const refusingSecond = async (
    work: () => Promise<Release>,
    subject: () => Promise<Release | undefined>,
  ) => {
    try {
      return await work();
    } catch (error) {
      if ((error as { constraint?: string }).constraint !== "release_one_running") throw error;
      const release = await subject();
      const other = release && (await running(release.service, release.environment));
      throw other === undefined ? error : releaseRunning(other);
    }
  };
  const get = async (id: string): Promise<Release | undefined> => {
    const [row] = await db.query<Row>("select body, activity from atoms.release where id = $1", [id]);
    return row && releaseOf(row);
  };

  return {
    get,
    running,
    open: (release, events) =>
      refusingSecond(
        () =>
          db.transaction(async (queries) => {
            const { activity, ...body } = release;
            const added = await queries.query(
              `insert into atoms.release (id, service, environment, state, started_at, body, activity)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning id`,
              [
                release.id,
                release.service,
                release.environment,
                release.state,
                release.startedAt,
                JSON.stringify(body),
                activity === undefined ? null : JSON.stringify(activity),
              ],
            );
            if (added.length === 0) return read(queries, release.id);
            await appendEvents(queries, events);
            return release;
          }),
        async () => release,
      ),
    change: (id, change, events) =>
      refusingSecond(
        () =>
          db.transaction(async (queries) => {
            const { activity, ...body } = { ...(await read(queries, id)), ...change };
            // What an ended release was doing last is no longer being done.
            const doing =
              body.state === "running" && activity !== undefined ? JSON.stringify(activity) : null;
            await queries.query(
              "update atoms.release set state = $2, started_at = $3, body = $4, activity = $5 where id = $1",
              [id, body.state, body.startedAt, JSON.stringify(body), doing],
            );
            await appendEvents(queries, events);
            return releaseOf({ body: JSON.stringify(body), activity: doing });
          }),
        () => get(id),
      ),
    async doing(id, activity) {
      const found = await db.query(
        `update atoms.release set activity = case when state = 'running' then $2 end where id = $1 returning id`,
        [id, JSON.stringify(activity)],
      );
      if (found.length === 0) throw noSuchRelease({ release: id });
    },
    async list({ service, environment, state, limit }) {
      const rows = await db.query<Row>(
        `select body, activity from atoms.release
         where ($1::text is null or service = $1) and ($2::text is null or environment = $2)
           and ($3::text is null or state = $3)
         order by started_at desc, id collate "C" desc limit $4`,
        [service ?? null, environment ?? null, state ?? null, limit],
      );
      return rows.map(releaseOf);
    },
    prove: (proof, events) =>
      db.transaction(async (queries) => {
        const { service, environment, deployment, at } = proof;
        await queries.query(
          `insert into atoms.proven (service, environment, deployment, at, body) values ($1, $2, $3, $4, $5)
           on conflict (service, environment, deployment) do update set at = excluded.at, body = excluded.body`,
          [service, environment, deployment, at, JSON.stringify(proof)],
        );
        await appendEvents(queries, events);
      }),
    async disprove(service, environment, deployment) {
      await db.query("delete from atoms.proven where service = $1 and environment = $2 and deployment = $3", [
        service,
        environment,
        deployment,
      ]);
    },
    async proven(service, environment, limit) {
      const rows = await db.query<{ body: string }>(
        `select body from atoms.proven where service = $1 and environment = $2
         order by at desc, place desc limit $3`,
        [service, environment, limit],
      );
      return rows.map((row) => JSON.parse(row.body) as Proven);
    },
  };
}

async function read(queries: Queries, id: string): Promise<Release> {
  const [row] = await queries.query<Row>(
    "select body, activity from atoms.release where id = $1 for update",
    [id],
  );
  if (row === undefined) throw noSuchRelease({ release: id });
  return releaseOf(row);
}

function releaseOf(row: Row): Release {
  const release = JSON.parse(row.body) as Release;
  return row.activity === null ? release : { ...release, activity: JSON.parse(row.activity) as Activity };
}
