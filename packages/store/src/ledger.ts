import {
  isProblem,
  type Ledger,
  type LedgerCheck,
  type LedgerEntry,
  type LedgerEvent,
  type Problem,
} from "@atoms/playbook";
import { beginning, canonicalJson, chainHash, storable } from "./chain.js";
import type { Database, Queries } from "./database.js";
import { storeDamaged } from "./problems.js";

/** How many entries are checked at a time. */
const pageSize = 10_000;

interface Row {
  seq: string;
  key: string;
  kind: string;
  at: number;
  actor: string;
  service: string;
  environment: string;
  release: string | null;
  data: string;
  hash: string;
  previous: string;
}

const columns = "seq, key, kind, at, actor, service, environment, release, data, hash, previous";

/** The ledger in PostgreSQL. */
export function openLedger(db: Database): Ledger {
  return {
    append: (events) => appendEvents(db, events),
    async read({ after = 0, release, environment, kind, limit = 500, last = false }) {
      const rows = await db.query<Row>(
        `select ${columns} from atoms.ledger
         where seq > $1 and ($2::text is null or release = $2) and ($3::text is null or environment = $3)
           and ($4::text is null or kind = $4)
         order by seq ${last ? "desc" : "asc"} limit $5`,
        [after, release ?? null, environment ?? null, kind ?? null, limit],
      );
      return (last ? rows.reverse() : rows).map(entryOf);
    },
    async verify() {
      try {
        return await db.transaction(verifyChain, "snapshot");
      } catch (error) {
        // Where PostgreSQL keeps checksums it refuses a changed page itself, before the chain is looked at.
        if (!isProblem(error) || error.code !== storeDamaged.code) throw error;
        return firstUnreadable(db, error);
      }
    },
  };
}

/**
 * Appends events. Called with the queries of an open transaction, they stand or fall with it; called with the database,
 * they are a transaction of their own.
 */
export async function appendEvents(queries: Queries, events: readonly LedgerEvent[]): Promise<LedgerEntry[]> {
  if (events.length === 0) return [];
  const wanted = events.map(storable);
  const rows = await queries.query<Row>(
    `select ${columns} from atoms.append_events($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      wanted.map((one) => one.key),
      wanted.map((one) => one.kind),
      wanted.map((one) => one.at),
      wanted.map((one) => canonicalJson(one.actor)),
      wanted.map((one) => one.service),
      wanted.map((one) => one.environment),
      wanted.map((one) => one.release ?? null),
      wanted.map((one) => canonicalJson(one.data)),
      wanted.map(canonicalJson),
    ],
  );
  return rows.map(entryOf);
}

/** Finds the first entry that lies on a page which can no longer be read. */
async function firstUnreadable(db: Database, problem: Problem): Promise<LedgerCheck> {
  const readable = (from: number, count: number) =>
    db
      .transaction(async (queries) => {
        // By the index, so that only the pages of the entries asked for are read.
        await queries.query("set local enable_seqscan = off");
        return queries.query(
          `select ${columns} from atoms.ledger where seq > $1 order by seq limit ${count}`,
          [from],
        );
      }, "snapshot")
      .then(
        (rows) => rows.length,
        () => undefined,
      );
  let last = 0;
  for (const step of [pageSize, 100, 1]) {
    for (let got = await readable(last, step); got !== undefined; got = await readable(last, step)) {
      // All can be read now: what failed before lies elsewhere in the store, and is no finding about the ledger.
      if (got === 0) throw problem;
      last += got;
    }
  }
  const [end] = await db.query<{ seq: string }>("select seq from atoms.ledger_head").catch(() => []);
  const because = `entry ${last + 1} cannot be read. ${problem.happened}`;
  return { intact: false, entries: Number(end?.seq ?? last), brokenAt: last + 1, because };
}

async function verifyChain(queries: Queries): Promise<LedgerCheck> {
  let head = { seq: 0, hash: beginning };
  const broken = async (brokenAt: number, because: string): Promise<LedgerCheck> => {
    const [count] = await queries.query<{ n: string }>("select count(*) as n from atoms.ledger");
    return { intact: false, entries: Number(count?.n ?? 0), brokenAt, because };
  };
  for (;;) {
    const page = await queries.query<Row>(
      `select ${columns} from atoms.ledger where seq > $1 order by seq limit ${pageSize}`,
      [head.seq],
    );
    for (const row of page) {
      const seq = head.seq + 1;
      if (Number(row.seq) !== seq) return broken(seq, `entry ${seq} is missing`);
      if (row.previous !== head.hash) return broken(seq, `entry ${seq} does not follow the entry before it`);
      if (row.hash !== chainHash(row.previous, canonicalRow(row)))
        return broken(seq, `entry ${seq} was changed after it was written`);
      head = { seq, hash: row.hash };
    }
    if (page.length < pageSize) break;
  }
  const [end] = await queries.query<{ seq: string; hash: string }>("select seq, hash from atoms.ledger_head");
  if (end === undefined) return broken(head.seq + 1, "the mark of the ledger's end is missing");
  if (Number(end.seq) !== head.seq || end.hash !== head.hash)
    return broken(
      Math.min(Number(end.seq), head.seq) + 1,
      `the ledger ends at entry ${head.seq}, but its end was marked at entry ${end.seq}`,
    );
  return { intact: true, entries: head.seq, head: head.hash };
}

/**
 * The event's canonical JSON put together from the columns as they stand. `actor` and `data` are taken as text, not
 * read and written anew, so that even a changed space is seen.
 */
function canonicalRow(row: Row): string {
  const release = row.release === null ? "" : `,"release":${JSON.stringify(row.release)}`;
  return `{"actor":${row.actor},"at":${JSON.stringify(row.at)},"data":${row.data},"environment":${JSON.stringify(row.environment)},"key":${JSON.stringify(row.key)},"kind":${JSON.stringify(row.kind)}${release},"service":${JSON.stringify(row.service)}}`;
}

function entryOf(row: Row): LedgerEntry {
  return {
    seq: Number(row.seq),
    key: row.key,
    kind: row.kind,
    at: row.at,
    actor: JSON.parse(row.actor) as LedgerEntry["actor"],
    service: row.service,
    environment: row.environment,
    ...(row.release === null ? {} : { release: row.release }),
    data: JSON.parse(row.data) as LedgerEntry["data"],
    hash: row.hash,
    previous: row.previous,
  };
}
