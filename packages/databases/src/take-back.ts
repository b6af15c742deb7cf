import {
  type BesideAndLiving,
  type Clock,
  type RowChoice,
  rowsNotTaken,
  type TakenBack,
} from "@atoms/playbook";
import { shownAddress } from "./address.js";
import { type Connection, connected } from "./connect.js";
import { measurePlainly } from "./contents.js";
import { type Columns, columnsOf, differing, hashOf, keyOf, quoted, stillLook } from "./rows.js";

type Asked = BesideAndLiving & { name: string; rows: readonly RowChoice[] };
type Staged = { columns: Columns; choice: RowChoice; stage: string };

const keptKeys = 5;
const lookEveryMs = 250;
/** A transaction of a process that died is undone as soon as the server sees that its connection is gone. */
const settlesWithinMs = 20_000;

/**
 * Copies chosen rows from beside into the database in use, in one transaction. What it has done is noted beside before
 * that transaction ends, with its number: whoever repeats it asks the server whether that one was committed.
 * @throws ATM-690 when the database refuses, ATM-691 when the choice is not understood.
 */
export async function takeBackRows(
  of: Asked,
  clock: Clock,
  onRows: (table: string, rows: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<TakenBack[]> {
  const known = await doneBefore(of, clock, signal);
  if (known !== undefined) return known;
  return connected(
    of.living,
    async (living) => {
      await measurePlainly(living);
      await living.query("begin");
      const staged = await stageAll(of, living, onRows, signal);
      try {
        const ordered = await parentsFirst(living, staged);
        const still: Trigger[] = [];
        for (const { columns } of ordered) still.push(...(await keepStill(living, columns.table)));
        const taken: TakenBack[] = [];
        for (const one of ordered) taken.push(await take(living, one, of.living));
        await living.query("set constraints all immediate");
        for (const one of ordered) await moveSequences(living, one.columns);
        for (const { table, name, as } of still)
          await living.query(`alter table ${table} enable ${as} ${quoted(name)}`);
        const [me] = await living.query<{ xid: string }>("select txid_current()::text as xid");
        await note(of, me?.xid ?? "", taken, signal);
        await living.query("commit");
        return taken;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        throw rowsNotTaken({ where: shownAddress(of.living), because: error.message });
      }
    },
    signal,
  );
}

/** PostgreSQL answered, and said no: what a table forbids, rights, locks that others hold. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && /^(0A|2[1-7]|4|55|P0)/.test((error as NodeJS.ErrnoException).code ?? "");

/** Brings the rows that are gone or other into tables of this transaction. */
async function stageAll(
  { beside, rows }: Asked,
  living: Connection,
  onRows: (table: string, rows: number) => void,
  signal?: AbortSignal,
): Promise<Staged[]> {
  const staged: Staged[] = [];
  await connected(
    beside,
    async (from) => {
      await stillLook(from);
      for (const [at, choice] of rows.entries()) {
        const { table } = choice;
        const columns = await columnsOf(living, table);
        const stage = `pg_temp.atoms_stage_${at}`;
        await living.query(`create temp table atoms_stage_${at} (was ${table}, seen text) on commit drop`);
        staged.push({ columns, choice, stage });
        const pages = differing({ beside: from, living, choice, columns, withRows: true }, (looked) =>
          onRows(table, looked),
        );
        for await (const page of pages)
          await living.query(
            `insert into ${stage} select given.was::${table}, given.seen from unnest($1::text[], $2::text[]) as given(was, seen)`,
            [page.map(({ row }) => row), page.map(({ seen }) => seen)],
          );
        await living.query(`analyze ${stage}`);
      }
    },
    signal,
  );
  return staged;
}

/** Rows before those that refer to them. A circle stays in the order that was asked for. */
async function parentsFirst(db: Connection, staged: readonly Staged[]): Promise<Staged[]> {
  const refers = await db.query<{ child: string; parent: string }>(
    `select conrelid::oid::text as child, confrelid::oid::text as parent from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  );
  const oids = new Map<string, string>();
  for (const { columns } of staged) {
    const [row] = await db.query<{ oid: string }>("select $1::regclass::oid::text as oid", [columns.table]);
    oids.set(columns.table, row?.oid ?? "");
  }
  const left = [...staged];
  const ordered: Staged[] = [];
  while (left.length > 0) {
    const free = left.findIndex(
      (one) =>
        !left.some(
          (other) =>
            other !== one &&
            refers.some(
              ({ child, parent }) =>
                child === oids.get(one.columns.table) && parent === oids.get(other.columns.table),
            ),
        ),
    );
    ordered.push(...left.splice(Math.max(0, free), 1));
  }
  return ordered;
}

type Trigger = { table: string; name: string; as: "trigger" | "always trigger" };

/** Keeps the triggers of a table still for this transaction: a row that is taken back is as it was. */
async function keepStill(db: Connection, table: string): Promise<Trigger[]> {
  const found = await db.query<{ name: string; always: boolean }>(
    `select tgname as name, tgenabled = 'A' as always from pg_trigger
     where tgrelid = $1::regclass and not tgisinternal and tgenabled in ('O', 'A')`,
    [table],
  );
  for (const { name } of found) await db.query(`alter table ${table} disable trigger ${quoted(name)}`);
  return found.map(({ name, always }) => ({ table, name, as: always ? "always trigger" : "trigger" }));
}

async function take(db: Connection, { columns, stage }: Staged, url: string): Promise<TakenBack> {
  const { table, key, others, all } = columns;
  const same = key.map(({ name }) => `atoms_row.${quoted(name)} = (stage.was).${quoted(name)}`).join(" and ");
  const counted = async (words: string) => {
    const [row] = await db.query<{ rows: string }>(
      `with done as (${words} returning 1) select count(*)::text as rows from done`,
    );
    return Number(row?.rows ?? 0);
  };
  const updated =
    others.length === 0
      ? 0
      : await counted(
          `update only ${table} as atoms_row set ${others.map((name) => `${name} = (stage.was).${name}`).join(", ")}
           from ${stage} as stage where ${same} and stage.seen = ${hashOf("atoms_row")}`,
        );
  const inserted = await counted(
    `insert into ${table} (${all.join(", ")}) overriding system value
     select ${all.map((name) => `(stage.was).${name}`).join(", ")} from ${stage} as stage where stage.seen is null
     on conflict do nothing`,
  );
  const left = `from ${stage} as stage where not exists (select from only ${table} as atoms_row
    where ${same} and ${hashOf("atoms_row")} = ${hashOf("stage.was")})`;
  const [counts] = await db.query<{ all: string; left: string }>(
    `select (select count(*) from ${stage})::text as all, (select count(*) ${left})::text as left`,
  );
  const kept = Number(counts?.left ?? 0);
  // What was written has to be there as it was; a row that is neither was changed on its way.
  if (Number(counts?.all ?? 0) - kept < inserted + updated)
    throw rowsNotTaken({
      where: shownAddress(url),
      because: `of ${inserted + updated} rows written to ${table}, not all are as in the backup afterwards`,
    });
  const keys = await db.query<{ key: string }>(
    `select ${keyOf(columns, "stage.was")} as key ${left} limit ${keptKeys}`,
  );
  return { table, inserted, updated, kept, keptKeys: keys.map((row) => row.key) };
}

/** A sequence that was set back would give out keys again that are taken. */
async function moveSequences(db: Connection, { table }: Columns): Promise<void> {
  const found = await db.query<{ column: string; sequence: string }>(
    `select attname as column, pg_get_serial_sequence($1, attname) as sequence from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped
       and pg_get_serial_sequence($1, attname) is not null`,
    [table],
  );
  for (const { column, sequence } of found)
    await db.query(
      `select setval($1::regclass, most) from (select max(${quoted(column)}) as most from only ${table}) as found, ${sequence} as standing
       where most > standing.last_value or (most = standing.last_value and not standing.is_called)`,
      [sequence],
    );
}

/** Notes beside what is about to be committed. */
async function note(
  { beside, name }: Asked,
  xid: string,
  taken: readonly TakenBack[],
  signal?: AbortSignal,
): Promise<void> {
  await connected(
    beside,
    async (db) => {
      await db.query(
        "create schema if not exists atoms_recovery; create table if not exists atoms_recovery.taken (name text primary key, xid text, done jsonb)",
      );
      await db.query(
        `insert into atoms_recovery.taken values ($1, $2, $3::jsonb)
         on conflict (name) do update set xid = excluded.xid, done = excluded.done`,
        [name, xid, JSON.stringify(taken)],
      );
    },
    signal,
  );
}

/** What an earlier try has committed; undefined when there was none, or it was undone. */
async function doneBefore(
  { beside, living, name }: Asked,
  clock: Clock,
  signal?: AbortSignal,
): Promise<TakenBack[] | undefined> {
  const noted = await connected(
    beside,
    async (db) => {
      const [there] = await db.query<{ is: boolean }>(
        "select to_regclass('atoms_recovery.taken') is not null as is",
      );
      if (there?.is !== true) return undefined;
      const [row] = await db.query<{ xid: string; done: TakenBack[] }>(
        "select xid, done from atoms_recovery.taken where name = $1",
        [name],
      );
      return row;
    },
    signal,
  );
  if (noted === undefined) return undefined;
  return connected(
    living,
    async (db) => {
      for (let waited = 0; ; waited += lookEveryMs) {
        const [row] = await db.query<{ status: string | null }>("select txid_status($1::bigint) as status", [
          noted.xid,
        ]);
        if (row?.status === "committed") return noted.done;
        if (row?.status === "aborted") return undefined;
        if (waited >= settlesWithinMs)
          throw rowsNotTaken({
            where: shownAddress(living),
            because: "an earlier try of the same is still at work there",
          });
        await clock.sleep(lookEveryMs, signal);
      }
    },
    signal,
  );
}
