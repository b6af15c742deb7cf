import { z } from "zod";
import type { Sql } from "../storage/database.js";
import { locate, may, type Standing, standingAt } from "./access.js";
import { ENTITIES, type EntityType } from "./entities.js";
import { conditions, type Filters, Values } from "./filters.js";
import { type Link, linkColumns, linkOf, type RelationshipType } from "./links.js";
import type { Actor, Row } from "./records.js";
import { badReference, denied, invalid, notFound, Refusal } from "./refusal.js";
import { resolve } from "./resolve.js";

/** One end of a link, as the caller names it. */
export interface End {
  type: string;
  id: string;
}

/** A link the caller talks about, with both ends found and visible. */
interface Pair {
  link: Link;
  source: { type: EntityType; id: string };
  target: { type: EntityType; id: string };
}

export type Metadata = Record<string, unknown>;
type LinkType = Exclude<RelationshipType, "invitation">;

/** Makes a link; one that was deleted comes back with what is said now. */
export async function makeLink(
  sql: Sql,
  type: LinkType,
  source: End,
  target: End,
  said: Metadata,
  actor: Actor,
): Promise<Row> {
  const pair = await findPair(sql, type, source, target, badReference);
  const metadata = checkMetadata(pair.link, said);
  if (pair.source.id === pair.target.id) throw invalid("target", "a record cannot be linked to itself");
  await allowChange(sql, type, pair, { newRole: metadata["role"] }, "add this link");
  const whole = Object.fromEntries(
    Object.entries(pair.link.metadata).map(([name, m]) => [name, metadata[name] ?? m.fallback]),
  );
  const existing = await rowsOf(
    sql,
    pair,
    pair.link.key === undefined ? {} : { [pair.link.key]: whole[pair.link.key] },
    true,
  );
  if (existing.some((row) => row["is_deleted"] === false)) {
    throw new Refusal("DUPLICATE_ENTRY", "This link exists already; nothing was changed");
  }
  const revived = existing[0];
  if (revived) {
    const sets = Object.keys(whole).map((name, i) => `${name} = $${i + 3}`);
    const back = await sql.query<Row>(
      `update ${pair.link.table} set is_deleted = false, deleted_at = null, deleted_by = null, version = version + 1,
         updated_at = clock_timestamp(), updated_by = $2, ${sets.join(", ")} where id = $1 returning *`,
      [revived.id, actor.user.id, ...Object.values(whole)],
    );
    if (!back[0]) throw denied("add this link");
    return back[0];
  }
  const row: Metadata = {
    id: actor.uuid(),
    created_by: actor.user.id,
    updated_by: actor.user.id,
    ...endColumns(pair),
    ...whole,
  };
  const columns = Object.keys(row);
  const [made] = await sql.query<Row>(
    `insert into ${pair.link.table} (${columns.join(", ")}) values (${columns.map((_, i) => `$${i + 1}`).join(", ")}) returning *`,
    Object.values(row),
  );
  return made as Row;
}

/** Removes a link. Taking a membership away also takes its role, so that adding it again starts low. */
export async function removeLink(
  sql: Sql,
  type: LinkType,
  source: End,
  target: End,
  said: Metadata,
  soft: boolean,
  actor: Actor,
): Promise<{ id: string }> {
  const pair = await findPair(sql, type, source, target, () => notFound("link"));
  const row = await theLink(sql, pair, said);
  const leaving = type === "member" && pair.target.id === actor.user.id;
  if (!leaving) await allowChange(sql, type, pair, { oldRole: row["role"] }, "remove this link");
  const gone = soft
    ? await sql.query(
        `update ${pair.link.table} set is_deleted = true, deleted_at = clock_timestamp(), deleted_by = $2
           ${type === "member" ? ", role = $3" : ""} where id = $1 and not is_deleted returning 1`,
        [row.id, actor.user.id, ...(type === "member" ? [pair.link.metadata["role"]?.fallback] : [])],
      )
    : await sql.query(`delete from ${pair.link.table} where id = $1 returning 1`, [row.id]);
  if (gone.length === 0) throw denied("remove this link");
  return { id: row.id };
}

/** Changes what is said about a link. */
export async function changeLink(
  sql: Sql,
  type: LinkType,
  source: End,
  target: End,
  said: Metadata,
  actor: Actor,
): Promise<Row> {
  const pair = await findPair(sql, type, source, target, () => notFound("link"));
  const metadata = checkMetadata(pair.link, said);
  if (Object.keys(metadata).length === 0) throw invalid("metadata", "names nothing to change");
  const row = await theLink(sql, pair, said);
  await allowChange(sql, type, pair, { oldRole: row["role"], newRole: metadata["role"] }, "change this link");
  const names = Object.keys(metadata);
  const [changed] = await sql.query<Row>(
    `update ${pair.link.table} set ${names.map((name, i) => `${name} = $${i + 3}`).join(", ")},
       version = version + 1, updated_at = clock_timestamp(), updated_by = $2 where id = $1 and not is_deleted returning *`,
    [row.id, actor.user.id, ...names.map((name) => metadata[name])],
  );
  if (!changed) throw denied("change this link");
  return changed;
}

/** Whether a link exists, among what the caller can see. */
export async function checkLink(sql: Sql, type: LinkType, source: End, target: End, said: Metadata) {
  let found: Row | undefined;
  try {
    const pair = await findPair(sql, type, source, target, () => notFound("link"));
    [found] = await rowsOf(sql, pair, keyOf(pair.link, said), false);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "NOT_FOUND") throw error;
  }
  return { exists: found !== undefined, relationship: found ?? null };
}

/** The links that begin at a record, newest first; links to deleted records are left out. */
export async function listLinks(
  sql: Sql,
  type: LinkType,
  source: End,
  target: End | undefined,
  request: { filters?: Filters | undefined; limit: number; offset: number },
): Promise<{ rows: Row[]; total: number }> {
  const link = linkOf(type, source.type);
  const from = await findEnd(sql, link.source.accepts, source, "source", () => notFound(source.type));
  const to =
    target && (await findEnd(sql, link.target.accepts, target, "target", () => notFound(target.type)));
  const values = new Values();
  const where = ["not l.is_deleted", `l.${link.source.id} = ${values.add(from.id)}`];
  if (to) where.push(`l.${link.target.id} = ${values.add(to.id)}`);
  where.push(targetAlive(link), ...conditions(request.filters ?? {}, linkColumns(link), "l", values));
  const condition = where.join(" and ");
  const [counted] = await sql.query<{ total: number }>(
    `select count(*)::int as total from ${link.table} l where ${condition}`,
    values.list,
  );
  const profile =
    type === "member"
      ? `, (select jsonb_build_object('id', p.id, 'email', p.email, 'full_name', p.full_name)
            from profiles p where p.id = l.user_id) as profile`
      : "";
  const rows = await sql.query<Row>(
    `select l.* ${profile} from ${link.table} l where ${condition}
     order by l.created_at desc, l.id limit ${values.add(request.limit)} offset ${values.add(request.offset)}`,
    values.list,
  );
  return { rows, total: counted?.total ?? 0 };
}

function targetAlive(link: Link): string {
  return `(${link.target.accepts
    .map(
      (type) =>
        `exists (select 1 from ${ENTITIES[type].table} t where t.id = l.${link.target.id} and not t.is_deleted)`,
    )
    .join(" or ")})`;
}

async function findPair(
  sql: Sql,
  type: LinkType,
  source: End,
  target: End,
  missing: (field: string) => Refusal,
): Promise<Pair> {
  const link = linkOf(type, source.type);
  return {
    link,
    source: await findEnd(sql, link.source.accepts, source, "source", missing),
    target: await findEnd(sql, link.target.accepts, target, "target", missing),
  };
}

async function findEnd(
  sql: Sql,
  accepts: readonly EntityType[],
  end: End,
  field: string,
  missing: (field: string) => Refusal,
): Promise<{ type: EntityType; id: string }> {
  const type = (end.type === "user" ? "profile" : end.type) as EntityType;
  if (!accepts.includes(type)) throw invalid(`${field}.type`, `expected ${accepts.join(" or ")}`);
  try {
    const { id } = await resolve(sql, ENTITIES[type], end.id, { guess: false, deleted: "no" });
    return { type, id };
  } catch (error) {
    throw error instanceof Refusal && error.code === "NOT_FOUND" ? missing(field) : error;
  }
}

function rowsOf(sql: Sql, pair: Pair, key: Metadata, withDeleted: boolean): Promise<Row[]> {
  const { link, source, target } = pair;
  const extra = Object.keys(key).map((name, i) => `and l.${name} = $${i + 3}`);
  return sql.query<Row>(
    `select l.* from ${link.table} l where l.${link.source.id} = $1 and l.${link.target.id} = $2 ${extra.join(" ")}
     ${withDeleted ? "" : "and not l.is_deleted"} order by l.is_deleted, l.created_at desc`,
    [source.id, target.id, ...Object.values(key)],
  );
}

/** The one live link between two records; where there are several, the metadata must tell them apart. */
async function theLink(sql: Sql, pair: Pair, said: Metadata): Promise<Row> {
  const all = await rowsOf(sql, pair, {}, false);
  const key = pair.link.key;
  const meant =
    all.length > 1 && key !== undefined && said[key] !== undefined
      ? all.filter((row) => row[key] === said[key])
      : all;
  const [row, ...others] = meant;
  if (!row) throw notFound("link");
  if (others.length > 0) throw new Refusal("AMBIGUOUS", `Several links exist; say which in metadata.${key}`);
  return row;
}

function keyOf(link: Link, said: Metadata): Metadata {
  return link.key !== undefined && said[link.key] !== undefined ? { [link.key]: said[link.key] } : {};
}

function endColumns({ link, source, target }: Pair): Metadata {
  return {
    [link.source.id]: source.id,
    [link.target.id]: target.id,
    ...(link.source.type === undefined ? {} : { [link.source.type]: source.type }),
    ...(link.target.type === undefined ? {} : { [link.target.type]: target.type }),
  };
}

/** @throws Refusal for an unknown key or a value that is not allowed */
export function checkMetadata(link: Pick<Link, "metadata">, said: Metadata): Metadata {
  const shape = Object.fromEntries(
    Object.entries(link.metadata).map(([name, { schema }]) => [name, schema.optional()]),
  );
  const read = z.strictObject(shape).safeParse(said);
  if (read.success) return read.data;
  const details = read.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: `metadata.${key}`, issue: "no such key" }))
      : [{ field: `metadata.${issue.path.join(".")}`, issue: issue.message }],
  );
  throw new Refusal("VALIDATION_ERROR", details.map((d) => `${d.field}: ${d.issue}`).join("; "), { details });
}

/** Members: admins, and owners where the role owner is given or touched. Other links: editors of the source's project. */
async function allowChange(
  sql: Sql,
  type: LinkType,
  pair: Pair,
  roles: { oldRole?: unknown; newRole?: unknown },
  what: string,
): Promise<void> {
  const location = await locate(sql, pair.source.type, pair.source.id);
  if (!location) throw notFound(pair.source.type);
  const standing: Standing = await standingAt(sql, location);
  if (type !== "member") {
    if (!may("update", "requirement", standing)) throw denied(what);
    return;
  }
  const own = pair.source.type === "organization" ? standing.organization : standing.project;
  if (own !== "admin" && own !== "owner") throw denied(what);
  if (own !== "owner" && (roles.oldRole === "owner" || roles.newRole === "owner")) {
    throw new Refusal("PERMISSION_DENIED", "Only an owner grants or takes away the role owner");
  }
}
