import type { Ledger, LedgerCheck, LedgerEntry, LedgerEvent } from "@atoms/playbook";
import { beginning, canonicalJson, chainHash, link, storable } from "./chain.js";
import type { Database, Queries } from "./database.js";

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
    append: (events) =>
      events.length === 0 ? Promise.resolve([]) : db.transaction((queries) => appendEvents(queries, events)),
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
    verify: () => db.transaction(verifyChain, "snapshot"),
  };
}

/** Appends events inside a transaction that is already open, so that a change and its events stand or fall together. */
export async function appendEvents(queries: Queries, events: readonly LedgerEvent[]): Promise<LedgerEntry[]> {
  if (events.length === 0) return [];
  const wanted = events.map(storable);
  // Locking the head puts writers in line: seq has no gaps, and known keys are seen.
  const [locked] = await queries.query<{ seq: string; hash: string }>(
    "select seq, hash from atoms.ledger_head for update",
  );
  if (locked === undefined) throw new Error("the ledger's head is missing");
  const known = new Map(
    (
      await queries.query<Row>(`select ${columns} from atoms.ledger where key = any($1)`, [
        wanted.map((event) => event.key),
      ])
    ).map((row) => [row.key, entryOf(row)]),
  );
  let head = { seq: Number(locked.seq), hash: locked.hash };
  const added: LedgerEntry[] = [];
  const entries = wanted.map((event) => {
    const standing = known.get(event.key);
    if (standing !== undefined) return standing;
    const entry = link(head, event);
    head = entry;
    known.set(entry.key, entry);
    added.push(entry);
    return entry;
  });
  if (added.length > 0) await insert(queries, added, head);
  return entries;
}

async function insert(
  queries: Queries,
  added: readonly LedgerEntry[],
  head: { seq: number; hash: string },
): Promise<void> {
  await queries.query(
    `with added as (
       insert into atoms.ledger (${columns})
       select * from unnest($1::bigint[], $2::text[], $3::text[], $4::double precision[], $5::text[], $6::text[],
         $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
     )
     update atoms.ledger_head set seq = $12, hash = $13`,
    [
      added.map((one) => one.seq),
      added.map((one) => one.key),
      added.map((one) => one.kind),
      added.map((one) => one.at),
      added.map((one) => canonicalJson(one.actor)),
      added.map((one) => one.service),
      added.map((one) => one.environment),
      added.map((one) => one.release ?? null),
      added.map((one) => canonicalJson(one.data)),
      added.map((one) => one.hash),
      added.map((one) => one.previous),
      head.seq,
      head.hash,
    ],
  );
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
