import { choiceNotUnderstood, type RowChoice, type RowDifference, type TableShape } from "@atoms/playbook";
import type { Connection } from "./connect.js";
import { measurePlainly, ofNoExtension, ours } from "./contents.js";

/** So many rows are compared, or copied, at once. */
const pageRows = 1_000;
const someKeys = 5;

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** What has to be known of a table to compare and copy its rows. */
export type Columns = {
  table: string;
  key: { name: string; type: string }[];
  /** Those that can be written, without the key. */
  others: string[];
  /** Those that can be written. */
  all: string[];
};

/** A row of the backup that is gone or other now. */
export type Differing = {
  key: string;
  /** The hash of what stands in its place; null when nothing does. */
  seen: string | null;
  /** The row as text; null when it was not asked for. */
  row: string | null;
};

/** Reads tables and their primary keys. */
export async function shapesIn(db: Connection): Promise<TableShape[]> {
  const rows = await db.query<TableShape>(
    `select format('%I.%I', n.nspname, c.relname) as table,
       coalesce((select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
         from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::int2[])
         where i.indrelid = c.oid and i.indisprimary), '{}') as key
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence <> 't' and ${ours} and ${ofNoExtension("c.oid", "pg_class")}
     order by 1`,
  );
  return rows.map(({ table, key }) => ({ table, key }));
}

/** Reads the columns of a table that has a primary key. */
export async function columnsOf(db: Connection, table: string): Promise<Columns> {
  const rows = await db.query<{ name: string; type: string; made: boolean; place: number | null }>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attgenerated <> '' as made,
       array_position(i.indkey::int2[], a.attnum) as place
     from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [table],
  );
  const written = rows.filter(({ made }) => !made);
  return {
    table,
    key: rows
      .filter(({ place }) => place !== null)
      .sort((a, b) => (a.place ?? 0) - (b.place ?? 0))
      .map(({ name, type }) => ({ name, type })),
    others: written.filter(({ place }) => place === null).map(({ name }) => quoted(name)),
    all: written.map(({ name }) => quoted(name)),
  };
}

/** Key columns of an alias as a JSON array of texts: a key that can be shown, sent back and compared. */
export const keyOf = ({ key }: Columns, alias: string): string =>
  `json_build_array(${key.map(({ name }) => `(${alias}).${quoted(name)}::text`).join(", ")})::text`;

/** What tells two rows of a table apart: a hash of all its columns. */
export const hashOf = (alias: string) => `hashtextextended(${alias}::text, 0)::text`;

/** Joins a table to keys that are given as arrays of texts, one for each column, from parameter `first` on. */
const joinedToKeys = ({ table, key }: Columns, first: number) =>
  `unnest(${key.map((_, at) => `$${first + at}::text[]`).join(", ")}) with ordinality as given(${key
    .map((_, at) => `k${at}`)
    .join(", ")}, place)
   join only ${table} as atoms_row on ${key
     .map(({ name, type }, at) => `atoms_row.${quoted(name)} = given.k${at}::${type}`)
     .join(" and ")}`;

const transposed = (keys: readonly string[], columns: Columns): string[][] => {
  const read = keys.map((key) => JSON.parse(key) as string[]);
  return columns.key.map((_, at) => read.map((parts) => parts[at] ?? ""));
};

/** Which rows of the backup are meant, as a condition and its parameters; the first parameter is taken. */
function conditionOf(
  { table, where, keys }: RowChoice,
  columns: Columns,
): { words: string; values: unknown[] } {
  const words: string[] = [];
  const values: unknown[] = [];
  if (keys !== undefined) {
    const wanted = keys.map((given) => JSON.stringify(keyParts(table, given, columns)));
    for (const part of transposed(wanted, columns)) values.push(part);
    const list = columns.key.map(({ name }) => `atoms_row.${quoted(name)}`).join(", ");
    const given = columns.key.map(({ type }, at) => `k${at}::${type}`).join(", ");
    const names = columns.key.map((_, at) => `k${at}`).join(", ");
    const arrays = columns.key.map((_, at) => `$${at + 2}::text[]`).join(", ");
    words.push(`(${list}) in (select ${given} from unnest(${arrays}) as given(${names}))`);
  }
  // On a line of its own, so that a remark in it does not hide what follows.
  if (where !== undefined) words.push(`(\n${where}\n)`);
  return { words: words.length === 0 ? "true" : words.join(" and "), values };
}

function keyParts(table: string, given: string, { key }: Columns): string[] {
  const names = key.map(({ name }) => name).join(", ");
  let parts: unknown = [given];
  if (given.startsWith("[") || key.length > 1) {
    try {
      parts = JSON.parse(given);
    } catch {
      parts = key.length > 1 ? undefined : [given];
    }
  }
  if (!Array.isArray(parts) || parts.length !== key.length)
    throw choiceNotUnderstood({
      table,
      because: `${JSON.stringify(given)} is no primary key of it: its columns are ${names}`,
    });
  return parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part)));
}

/**
 * Goes through the chosen rows of the backup, and gives those that are gone or other in the database in use, by pages.
 * @param of.beside In a transaction that only reads.
 * @param of.withRows Also gives the rows themselves.
 * @param onRows Told how many rows were looked at.
 * @throws ATM-691 when the choice is not understood.
 */
export async function* differing(
  of: { beside: Connection; living: Connection; choice: RowChoice; columns: Columns; withRows: boolean },
  onRows: (rows: number) => void = () => undefined,
): AsyncGenerator<Differing[]> {
  const { beside, living, choice, columns, withRows } = of;
  const { table } = columns;
  const condition = conditionOf(choice, columns);
  const gone = choice.only !== "changed";
  const other = choice.only !== "missing";
  let looked = 0;
  try {
    // With a parameter it is one statement, whatever the condition says.
    await beside.query(
      `declare atoms_rows no scroll cursor for select ${keyOf(columns, "atoms_row")} as key, ${hashOf("atoms_row")} as hash,
         ${withRows ? "atoms_row::text" : "null"} as row
       from only ${table} as atoms_row where $1::int = 1 and ${condition.words}`,
      [1, ...condition.values],
    );
    for (;;) {
      const page = await beside.query<{ key: string; hash: string; row: string | null }>(
        `fetch ${pageRows} from atoms_rows`,
      );
      if (page.length === 0) break;
      const standing = await living.query<{ place: string; hash: string }>(
        `select given.place::text, ${hashOf("atoms_row")} as hash from ${joinedToKeys(columns, 1)}`,
        transposed(
          page.map(({ key }) => key),
          columns,
        ),
      );
      const now = new Map(standing.map(({ place, hash }) => [Number(place) - 1, hash]));
      const found = page.flatMap(({ key, hash, row }, at): Differing[] => {
        const seen = now.get(at) ?? null;
        if (seen === hash || (seen === null ? !gone : !other)) return [];
        return [{ key, seen, row }];
      });
      looked += page.length;
      onRows(looked);
      if (found.length > 0) yield found;
    }
  } catch (error) {
    if (!isChoice(error)) throw error;
    throw choiceNotUnderstood({ table, because: error.message });
  }
  await beside.query("close atoms_rows");
}

/** Syntax, names and types (42), and values that do not fit (22). */
const isChoice = (error: unknown): error is Error =>
  error instanceof Error && /^(42|22|25006)/.test((error as NodeJS.ErrnoException).code ?? "");

/** A look at a database that stays as it was while it is looked at. */
export async function stillLook(db: Connection): Promise<void> {
  await measurePlainly(db);
  await db.query("begin isolation level repeatable read read only");
}

/** Compares rows of one table. Both connections look at what stays as it is. */
export async function compareRows(
  beside: Connection,
  living: Connection,
  of: { table: string; choice?: RowChoice },
  onRows?: (rows: number) => void,
): Promise<RowDifference> {
  const columns = await columnsOf(living, of.table);
  const choice: RowChoice = of.choice ?? { table: of.table, only: "both" };
  const result: RowDifference = {
    missing: 0,
    changed: 0,
    added: 0,
    examples: { missing: [], changed: [], added: [] },
  };
  for await (const page of differing({ beside, living, choice, columns, withRows: false }, onRows))
    for (const { key, seen } of page) {
      const kind = seen === null ? "missing" : "changed";
      result[kind]++;
      if (result.examples[kind].length < someKeys) result.examples[kind].push(key);
    }
  const added = await addedRows(beside, living, columns);
  return { ...result, added: added.count, examples: { ...result.examples, added: added.keys } };
}

/** Rows that only the database in use has. */
async function addedRows(
  beside: Connection,
  living: Connection,
  columns: Columns,
): Promise<{ count: number; keys: string[] }> {
  const keys: string[] = [];
  let count = 0;
  await living.query(
    `declare atoms_keys no scroll cursor for select ${keyOf(columns, "atoms_row")} as key from only ${columns.table} as atoms_row`,
  );
  for (;;) {
    const page = await living.query<{ key: string }>(`fetch ${pageRows} from atoms_keys`);
    if (page.length === 0) break;
    const known = await beside.query<{ place: string }>(
      `select given.place::text from ${joinedToKeys(columns, 1)}`,
      transposed(
        page.map(({ key }) => key),
        columns,
      ),
    );
    if (known.length === page.length) continue;
    const places = new Set(known.map(({ place }) => Number(place) - 1));
    for (const [at, { key }] of page.entries()) {
      if (places.has(at)) continue;
      count++;
      if (keys.length < someKeys) keys.push(key);
    }
  }
  await living.query("close atoms_keys");
  return { count, keys };
}
