import {
  type MetricSeries,
  type MonitorSample,
  type Outcome,
  type SampleStore,
  upMetric,
} from "@atoms/playbook";
import type { Database, Queries } from "./database.js";

/** Rows moved by one statement: few enough that nobody waits long for it. */
const atOnce = 1_000;

/** Samples in PostgreSQL. */
export function openSamples(db: Database): SampleStore {
  return {
    append: async (samples) => {
      if (samples.length === 0) return;
      const columns = columnsOf(samples);
      await db.transaction(async (queries) => {
        await addMonitors(queries, columns.slice(0, 3));
        await queries.query(
          `insert into atoms.sample (monitor, at, vals, rest)
           select monitor.id, given.at, given.vals, given.rest
           from unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::jsonb[], $6::text[])
             as given (service, environment, name, at, vals, rest)
           join atoms.monitor using (service, environment, name)
           order by monitor.id, given.at
           on conflict do nothing`,
          columns,
        );
      });
    },
    async read({ service, environment, metric, monitor, from, to }) {
      // A sample is whole or within one point, never both, so that both together are the series.
      const rows = await db.query<PointRow>(
        `with chosen as (
           select id, name from atoms.monitor
           where service = $1 and environment = $2 and ($3::text is null or name = $3))
         select name, point.at, point.count, point.sum, point.low, point.high
         from chosen join (
           select monitor, at, 1 as count, value as sum, value as low, value as high
           from (select monitor, at, (vals ->> $4)::double precision as value from atoms.sample
                 where monitor in (select id from chosen) and at between $5 and $6 and vals ? $4) as whole
           union all
           select monitor, at, count, sum, low, high from atoms.sample_point
           where monitor in (select id from chosen) and metric = $4 and at between $5 and $6
         ) as point on point.monitor = chosen.id
         order by name collate "C", point.at`,
        [service, environment, monitor ?? null, metric, from, to],
      );
      return seriesOf(rows);
    },
    async latest({ service, environment, monitor, looks = 1 }) {
      const rows = await db.query<SampleRow>(
        `select name, newest.at, newest.vals, newest.rest
         from atoms.monitor cross join lateral (
           select at, vals, rest from atoms.sample where sample.monitor = monitor.id order by at desc limit $4
         ) as newest
         where service = $1 and environment = $2 and ($3::text is null or name = $3)
         order by name collate "C", newest.at`,
        [service, environment, monitor ?? null, looks],
      );
      return rows.map((row) => sampleOf(row, service, environment));
    },
    async thinOut(now, { wholeMs, thinned }) {
      const [finest] = thinned;
      if (finest !== undefined) await moveAll(db, fromWhole, now - wholeMs, finest.everyMs);
      else await moveAll(db, dropWhole, now - wholeMs, 1);
      for (const [index, level] of thinned.entries()) {
        const next = thinned[index + 1];
        const end = now - level.upToMs;
        if (next !== undefined) await moveAll(db, fromPoints, end, next.everyMs, level.everyMs);
        else await moveAll(db, dropPoints, end, level.everyMs, level.everyMs);
      }
    },
  };
}

type Columns = [string[], string[], string[], number[], string[], (string | null)[]];

function columnsOf(samples: readonly MonitorSample[]): Columns {
  const columns: Columns = [[], [], [], [], [], []];
  for (const { service, environment, monitor, at, outcome, values, because, labels } of samples) {
    for (const [metric, value] of Object.entries(values))
      if (!Number.isFinite(value) || !/^[a-z][a-z0-9_]*$/.test(metric))
        throw new TypeError(`monitor ${monitor} measured ${metric} = ${value}, which cannot be kept`);
    columns[0].push(service);
    columns[1].push(environment);
    columns[2].push(monitor);
    columns[3].push(at);
    columns[4].push(JSON.stringify({ ...values, [upMetric]: outcome === "up" ? 1 : 0 }));
    columns[5].push(
      because === undefined && labels === undefined ? null : JSON.stringify({ because, labels }),
    );
  }
  return columns;
}

/** Writes nothing once all are known. Sorted, so that two that add the same monitors wait in one direction. */
async function addMonitors(queries: Queries, columns: readonly (readonly unknown[])[]): Promise<void> {
  await queries.query(
    `insert into atoms.monitor (service, environment, name)
     select distinct service, environment, name
     from unnest($1::text[], $2::text[], $3::text[]) as given (service, environment, name)
     where not exists (select from atoms.monitor as known
       where (known.service, known.environment, known.name) = (given.service, given.environment, given.name))
     order by service, environment, name
     on conflict do nothing`,
    columns,
  );
}

interface PointRow {
  name: string;
  at: number;
  count: number;
  sum: number;
  low: number;
  high: number;
}

function seriesOf(rows: readonly PointRow[]): MetricSeries[] {
  const found = new Map<string, { [key in keyof Omit<MetricSeries, "monitor">]: number[] }>();
  for (const { name, at, count, sum, low, high } of rows) {
    const series = found.get(name) ?? { at: [], values: [], lows: [], highs: [], counts: [] };
    found.set(name, series);
    series.at.push(at);
    series.values.push(sum / count);
    series.lows.push(low);
    series.highs.push(high);
    series.counts.push(count);
  }
  return [...found].map(([monitor, series]) => ({ monitor, ...series }));
}

interface SampleRow {
  name: string;
  at: number;
  vals: Record<string, number>;
  rest: string | null;
}

function sampleOf({ name, at, vals, rest }: SampleRow, service: string, environment: string): MonitorSample {
  const { [upMetric]: up, ...values } = vals;
  const outcome: Outcome = up === 1 ? "up" : "down";
  const more = rest === null ? {} : (JSON.parse(rest) as Pick<MonitorSample, "because" | "labels">);
  return { monitor: name, service, environment, at, outcome, values, ...more };
}

/**
 * Repeats a statement that moves at most `$3` rows older than `$1` until none is left. What it deletes it has written
 * elsewhere in the same statement, so that it can be ended at any point. Rows that somebody else moves are left to them.
 */
async function moveAll(db: Database, statement: string, end: number, everyMs: number, fromMs?: number) {
  const values = [Math.floor(end / everyMs) * everyMs, everyMs, atOnce];
  if (fromMs !== undefined) values.push(fromMs);
  for (;;) {
    const [row] = await db.query<{ moved: number }>(statement, values);
    if ((row?.moved ?? 0) < atOnce) return;
  }
}

const oldSamples = `delete from atoms.sample where (monitor, at) in (
  select monitor, at from atoms.sample where at < $1::double precision order by at limit $3::integer
  for update skip locked)`;

const oldPoints = `delete from atoms.sample_point where (monitor, metric, every, at) in (
  select monitor, metric, every, at from atoms.sample_point
  where every = $4::double precision and at < $1::double precision order by at limit $3::integer
  for update skip locked)`;

const intoPoints = (rows: string) => `
  insert into atoms.sample_point as standing (monitor, metric, every, at, count, sum, low, high)
  select monitor, metric, $2::double precision, floor(at / $2) * $2, sum(count), sum(sum), min(low), max(high)
  from (${rows}) as one group by 1, 2, 3, 4 order by 1, 2, 3, 4
  on conflict (monitor, metric, every, at) do update set count = standing.count + excluded.count,
    sum = standing.sum + excluded.sum, low = least(standing.low, excluded.low),
    high = greatest(standing.high, excluded.high)`;

const fromWhole = `
  with gone as (${oldSamples} returning monitor, at, vals),
  kept as (${intoPoints(`
    select monitor, at, key as metric, 1 as count, value::double precision as sum,
      value::double precision as low, value::double precision as high
    from gone cross join lateral jsonb_each_text(vals)`)})
  select count(*)::integer as moved from gone`;

const fromPoints = `
  with gone as (${oldPoints} returning monitor, metric, at, count, sum, low, high),
  kept as (${intoPoints("select * from gone")})
  select count(*)::integer as moved from gone`;

// $2, the length of a point, plays no part in dropping; it is named so that every statement takes the same values.
const dropWhole = `
  with gone as (${oldSamples} returning 1)
  select count(*)::integer as moved from gone where $2::double precision > 0`;

const dropPoints = `
  with gone as (${oldPoints} returning 1)
  select count(*)::integer as moved from gone where $2::double precision > 0`;
