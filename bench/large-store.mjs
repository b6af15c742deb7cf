// A store that has grown for years: 10,000 releases and ten million ledger events on PostgreSQL. What the commands and the
// API that people wait for take there. The rows are written by SQL, with the shapes of real ones but for their hashes.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { start as startPostgres } from "../scripts/postgres.mjs";
import { ownDatabase } from "./lib/own-database.mjs";
import { withShop } from "./lib/shop.mjs";

const releases = 10_000;
const eventsOfOne = 1_000;
/** Rows are written so many releases at a time, so that progress shows. */
const atOnce = 500;
const requests = 300;

/** @param {{ runs: number }} options */
export default async function largeStore({ runs }) {
  const postgres = await startPostgres();
  try {
    return await withShop(async ({ folder, env, atoms }) => {
      await atoms("down");
      env.DATABASE_URL = await ownDatabase(postgres.url, "large");
      await atoms("deploy", "--now");
      await atoms("up");
      const api = JSON.parse(await readFile(join(folder, ".atoms/run/control-plane.json"), "utf8"));
      const rows = [];
      const took = async (what, bound, count, work) => {
        await work();
        const values = [];
        for (let n = 0; n < count; n++) {
          const began = performance.now();
          await work();
          values.push(performance.now() - began);
        }
        rows.push({ what, values, bound });
      };
      const list = () => atoms("releases");
      // Most of it is the start of a process; what the size adds is the difference.
      await took("`atoms releases`, a process of its own, one release", undefined, runs, list);
      await fill(env.DATABASE_URL);
      await took("`atoms releases`, a process of its own, 10,000 releases", undefined, runs, list);
      const release = `rel_large_${String(releases / 2).padStart(5, "0")}`;
      const playbook = { playbook: join(folder, "playbook.yaml") };
      for (const [path, input] of [
        ["/releases", { limit: 20 }],
        ["/releases", { limit: 20, service: "service-7" }],
        ["/releases/show", { release }],
        ["/releases/report", { release }],
        ["/ledger", { limit: 100 }],
        ["/ledger", { limit: 100, release }],
        ["/ledger", { limit: 100, kind: "traffic.shifted" }],
        ["/ledger", { limit: 100, environment: "rare" }],
        ["/ledger", { limit: 100, after: (releases * eventsOfOne) / 2 }],
        ["/status", playbook],
        ["/figures", playbook],
      ]) {
        const values = [];
        for (let n = 0; n < requests; n++) {
          const began = performance.now();
          const response = await fetch(
            `${api.url}/api/v1${path}?input=${encodeURIComponent(JSON.stringify(input))}`,
            { headers: { authorization: `Bearer ${api.token}` } },
          );
          const text = await response.text();
          if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 300)}`);
          if (n >= 10) values.push(performance.now() - began);
        }
        values.sort((a, b) => a - b);
        const asked = Object.keys(input).filter((key) => key !== "playbook" && key !== "limit");
        rows.push({
          what: `GET ${path}${asked.length > 0 ? ` by ${asked.join(", ")}` : ""}: p99`,
          values: [values[Math.floor(0.99 * values.length)]],
          bound: 50,
        });
      }
      return rows;
    });
  } finally {
    await postgres.stop();
  }
}

async function fill(url) {
  const { default: pg } = await import("pg");
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(
      `insert into atoms.release (id, service, environment, state, started_at, body)
       select id, service, 'production', state, at, json_build_object(
         'id', id, 'service', service, 'environment', 'production', 'platform', 'local', 'strategy', 'canary',
         'version', 'v' || n, 'state', state, 'phase', 'finish', 'source', repeat('a', 64), 'split', 1, 'startedAt', at,
         'endedAt', at + 600000, 'startedBy', json_build_object('kind', 'person', 'name', 'ada', 'via', 'cli'))::text
       from (select n, 'rel_large_' || lpad(n::text, 5, '0') as id, 'service-' || n % 40 as service,
               case when n % 17 = 0 then 'rolled back' else 'released' end as state,
               1.7e12 + n * 3.6e6::float8 as at
             from generate_series(0, $1::int - 1) n) one`,
      [releases],
    );
    for (let from = 0; from < releases; from += atOnce) {
      await client.query(
        `with head as (select seq, hash from atoms.ledger_head)
         insert into atoms.ledger (seq, key, kind, at, actor, service, environment, release, data, hash, previous)
         select head.seq + row_number() over (order by n, e), 'rel_large_' || lpad(n::text, 5, '0') || '/' || e,
           (array['analysis.observed', 'phase.started', 'phase.finished', 'check.finished', 'traffic.step'])[1 + e % 5],
           1.7e12 + n * 3.6e6::float8 + e * 600, '{"kind":"person","name":"ada","via":"cli"}', 'service-' || n % 40,
           'production', 'rel_large_' || lpad(n::text, 5, '0'),
           json_build_object('phase', 'shift', 'ms', e, 'text', repeat('x', 150))::text, md5(n || '/' || e), md5(e::text)
         from head, generate_series($1::int, $2::int) n, generate_series(1, $3::int) e`,
        [from, from + atOnce - 1, eventsOfOne],
      );
      await client.query("update atoms.ledger_head set seq = (select max(seq) from atoms.ledger)");
      process.stderr.write(`\r${((from + atOnce) * eventsOfOne).toLocaleString("en")} events`);
    }
    process.stderr.write("\n");
    await client.query("vacuum analyze atoms.ledger");
    await client.query("vacuum analyze atoms.release");
  } finally {
    await client.end();
  }
}
