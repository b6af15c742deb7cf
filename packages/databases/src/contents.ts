import { createHash } from "node:crypto";
import type { DatabaseContents, TableCount } from "@atoms/playbook";
import type { Connection } from "./connect.js";

export const ours = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";
export const ofNoExtension = (oid: string, of: string) =>
  `not exists (select from pg_depend d where d.objid = ${oid} and d.classid = '${of}'::regclass and d.deptype = 'e')`;

/** Every table that has rows of its own; a partitioned table has them in its parts. */
const tables = `
  select format('%I.%I', n.nspname, c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' and ${ours} and ${ofNoExtension("c.oid", "pg_class")}
  order by 1`;

/** What the database is made of, one row each: a name and the words that define it. */
const objects = `
  select 'table ' || format('%I.%I', n.nspname, c.relname) as name,
    string_agg(format('%I %s%s %s', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end, coalesce(pg_get_expr(d.adbin, d.adrelid), '')), ', '
      order by a.attnum) as words
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and ${ours} and ${ofNoExtension("c.oid", "pg_class")}
  group by n.nspname, c.relname
  union all
  select 'view ' || format('%I.%I', n.nspname, c.relname), pg_get_viewdef(c.oid)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('v', 'm') and ${ours} and ${ofNoExtension("c.oid", "pg_class")}
  union all
  select 'index ' || format('%I.%I', n.nspname, c.relname), pg_get_indexdef(c.oid)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('i', 'I') and ${ours} and ${ofNoExtension("c.oid", "pg_class")}
  union all
  select format('constraint %I on %I.%I', o.conname, n.nspname, c.relname), pg_get_constraintdef(o.oid)
  from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and ${ofNoExtension("c.oid", "pg_class")}
  union all
  select format('trigger %I on %I.%I', t.tgname, n.nspname, c.relname), pg_get_triggerdef(t.oid)
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where not t.tgisinternal and ${ours}
  union all
  select format('policy %I on %I.%I', p.policyname, p.schemaname, p.tablename),
    concat_ws(' ', p.permissive, p.roles::text, p.cmd, p.qual, p.with_check)
  from pg_policies p
  union all
  select 'function ' || format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
    pg_get_functiondef(p.oid)
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prokind in ('f', 'p') and ${ours} and ${ofNoExtension("p.oid", "pg_proc")}
  union all
  select 'type ' || format('%I.%I', n.nspname, t.typname),
    (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'e' and ${ours} and ${ofNoExtension("t.oid", "pg_type")}
  union all
  select 'sequence ' || format('%I.%I', schemaname, sequencename), format('%s %s', data_type, increment_by)
  from pg_sequences
  union all
  select 'extension ' || extname, '' from pg_extension where extname <> 'plpgsql'`;

const sequences = `
  select format('%I.%I', schemaname, sequencename) as name, last_value::text as at from pg_sequences
  where increment_by > 0 and last_value is not null`;

/** So that what is measured does not depend on how the database or the role are set up. */
const plainly = `
  set search_path = pg_catalog; set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
  set extra_float_digits = 1; set bytea_output = 'hex'; set statement_timeout = 0; set lock_timeout = '30s';
  set idle_in_transaction_session_timeout = 0; set row_security = off`;

/** Brings a session into the state in which contents are measured. */
export const measurePlainly = (db: Connection): Promise<unknown> => db.query(plainly);

/** The definitions alone, without counting rows: quick, however large the database is. */
export async function objectsIn(db: Connection): Promise<Record<string, string>> {
  const rows = await db.query<{ name: string; words: string | null }>(objects);
  return Object.fromEntries(
    rows
      .map(({ name, words }): [string, string] => [
        name,
        createHash("sha256")
          .update(words ?? "")
          .digest("hex")
          .slice(0, 16),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/**
 * Counts the rows of every table, and sums a hash of each: the same rows give the same sum, in any order.
 * @param onTable Told how many tables are done, and of how many.
 */
export async function contentsOf(
  db: Connection,
  onTable?: (done: number, of: number) => void,
): Promise<DatabaseContents> {
  const standing = await db.query<{ name: string; at: string }>(sequences);
  const names = (await db.query<{ name: string }>(tables)).map(({ name }) => name);
  const counted: TableCount[] = [];
  for (const table of names) {
    const [row] = await db.query<{ rows: string; sum: string }>(
      `select count(*)::text as rows, coalesce(sum(hashtextextended(atoms_row::text, 0)::numeric), 0)::text as sum
       from only ${table} as atoms_row`,
    );
    counted.push({ table, rows: Number(row?.rows ?? 0), checksum: row?.sum ?? "0" });
    onTable?.(counted.length, names.length);
  }
  return {
    tables: counted,
    objects: await objectsIn(db),
    sequences: Object.fromEntries(standing.map(({ name, at }) => [name, at])),
  };
}
