import type { Sql } from "../storage/database.js";
import { locate, may, standingAt } from "./access.js";
import { ENTITIES, type Entity, selectList } from "./entities.js";
import { checkCreate, checkUpdate, type Values } from "./input.js";
import { badReference, denied, invalid, notFound, Refusal } from "./refusal.js";
import { type Deleted, LIVE } from "./resolve.js";
import { explicitSlug, isDuplicate, slugTaken, withSlug } from "./slug.js";
import type { User } from "./users.js";

/** A row as results show it. */
export type Row = Record<string, unknown> & { id: string };

/** Who is acting, and where ids come from. */
export interface Actor {
  readonly user: User;
  readonly uuid: () => string;
}

/** Reads one visible row. @throws Refusal when there is none */
export async function readRow(sql: Sql, entity: Entity, id: string, deleted: Deleted = "both"): Promise<Row> {
  const [row] = await sql.query<Row>(
    `select ${selectList(entity, "e")} from ${entity.table} e where e.id = $1 and ${LIVE[deleted]}`,
    [id],
  );
  if (!row) throw notFound(entity.type);
  return row;
}

/**
 * Creates one record; the creator of an organization or a project becomes its owner.
 * @param data the caller's values, unchecked
 */
export async function createRecord(sql: Sql, entity: Entity, data: Values, actor: Actor): Promise<Row> {
  if (entity.type === "profile") throw denied("create profiles; they are made when somebody first signs in");
  const values = checkCreate(entity, data);
  await checkPlace(sql, entity, values);
  const id = actor.uuid();
  const row: Values = { ...values, id, created_by: actor.user.id, updated_by: actor.user.id };
  if (entity.externalId) row["external_id"] = `${entity.externalId}-${id.slice(0, 8).toUpperCase()}`;
  if (entity.type === "project") row["owned_by"] = actor.user.id;
  if (entity.type === "block") row["position"] ??= await nextPosition(sql, String(values["document_id"]));
  if (entity.slug) {
    const parent = entity.parent ? String(values[entity.parent.key]) : null;
    const given = values["slug"] === undefined ? undefined : String(values["slug"]);
    await withSlug(sql, entity, { given, name: String(values["name"]), parent }, (slug) =>
      insert(sql, entity, { ...row, slug }),
    );
  } else {
    await insert(sql, entity, row);
  }
  await makeOwner(sql, entity, id, actor);
  return readRow(sql, entity, id);
}

/** The parent must be alive and visible, the caller's role must allow it, and references must fit together. */
async function checkPlace(sql: Sql, entity: Entity, values: Values): Promise<void> {
  const { parent } = entity;
  if (parent) await checkReference(sql, ENTITIES[parent.type], parent.key, values[parent.key]);
  if (entity.type === "property") await checkPropertyScope(sql, values);
  if (entity.type === "requirement" && values["block_id"] !== undefined)
    await checkBlock(sql, values["block_id"], values["document_id"]);
  const scope = values["scope"] === undefined ? "organization" : String(values["scope"]);
  const inner = scope === "project" ? "project" : scope === "document" ? "document" : parent?.type;
  const location =
    inner === undefined
      ? { organization: null, project: null }
      : await locate(
          sql,
          inner,
          String(values[scope === "organization" ? (parent?.key ?? "") : `${scope}_id`]),
        );
  const standing = await standingAt(sql, location ?? { organization: null, project: null });
  if (!may("create", entity.type, standing, scope)) throw denied(`create a ${entity.type} here`);
}

async function checkReference(sql: Sql, target: Entity, field: string, id: unknown): Promise<void> {
  const found = await sql.query(`select 1 from ${target.table} where id = $1 and not is_deleted`, [id]);
  if (found.length === 0) throw badReference(field);
}

async function checkPropertyScope(sql: Sql, values: Values): Promise<void> {
  const scope = values["scope"] ?? "organization";
  for (const kind of ["project", "document"] as const) {
    const key = `${kind}_id`;
    if (scope === kind && values[key] === undefined) throw invalid(key, "required");
    if (scope !== kind && values[key] !== undefined) throw invalid(key, `is for scope ${kind} only`);
    if (scope !== kind) continue;
    await checkReference(sql, ENTITIES[kind], key, values[key]);
    const location = await locate(sql, kind, String(values[key]));
    if (location?.organization !== values["organization_id"]) throw badReference(key);
  }
}

async function checkBlock(sql: Sql, block: unknown, document: unknown): Promise<void> {
  if (block === null) return;
  const found = await sql.query(
    "select 1 from blocks where id = $1 and document_id = $2 and not is_deleted",
    [block, document],
  );
  if (found.length === 0) throw badReference("block_id");
}

async function nextPosition(sql: Sql, document: string): Promise<number> {
  const [row] = await sql.query<{ next: number }>(
    "select coalesce(max(position), 0)::int + 1 as next from blocks where document_id = $1 and not is_deleted",
    [document],
  );
  return row?.next ?? 1;
}

async function makeOwner(sql: Sql, entity: Entity, id: string, { user, uuid }: Actor): Promise<void> {
  if (entity.type !== "organization" && entity.type !== "project") return;
  await sql.query(
    `insert into ${entity.type}_members (id, ${entity.type}_id, user_id, role, created_by, updated_by)
     values ($1, $2, $3, 'owner', $3, $3)`,
    [uuid(), id, user.id],
  );
}

/** Changes fields of one live record; each change adds 1 to its version. */
export async function updateRecord(
  sql: Sql,
  entity: Entity,
  id: string,
  data: Values,
  expectedVersion: number | undefined,
  actor: Actor,
): Promise<Row> {
  const values = checkUpdate(entity, data);
  if (values["slug"] !== undefined) values["slug"] = explicitSlug(String(values["slug"]));
  const before = await readRow(sql, entity, id);
  await allow(sql, entity, id, "update", actor);
  if (values["block_id"] !== undefined) await checkBlock(sql, values["block_id"], before["document_id"]);
  const columns = Object.keys(values);
  const bound = columns.map((column) => bind(entity, column, values[column]));
  const sets = columns.map((column, i) => `${column} = $${i + 4}${castOf(entity, column)}`);
  const changed = await sql
    .query(
      `update ${entity.table} set ${sets.join(", ")}, version = version + 1, updated_at = clock_timestamp(), updated_by = $2
       where id = $1 and not is_deleted and version = coalesce($3::int, version) returning id`,
      [id, actor.user.id, expectedVersion ?? null, ...bound],
    )
    .catch((error: unknown) => {
      throw isDuplicate(error) && entity.slug ? slugTaken() : error;
    });
  if (changed.length === 0) {
    if (expectedVersion === undefined) throw notFound(entity.type);
    throw new Refusal(
      "VERSION_CONFLICT",
      "Somebody changed this record since; read it again. Nothing was changed.",
    );
  }
  return readRow(sql, entity, id);
}

const CONTAINERS = ["organization", "project", "document"];

/** Marks a record, and everything below it, as deleted at one moment. */
export async function softDelete(sql: Sql, entity: Entity, id: string, actor: Actor): Promise<Row> {
  await allow(sql, entity, id, "delete", actor);
  await sql.query(
    `update ${entity.table} set is_deleted = true, deleted_at = clock_timestamp(), deleted_by = $2 where id = $1 and not is_deleted`,
    [id, actor.user.id],
  );
  if (CONTAINERS.includes(entity.type))
    await sql.query("select atoms_delete_below($1, $2)", [entity.type, id]);
  return readRow(sql, entity, id);
}

/** Removes a record for good. Needs the owner role, and no live children. */
export async function hardDelete(
  sql: Sql,
  entity: Entity,
  id: string,
  actor: Actor,
): Promise<{ id: string }> {
  await allow(sql, entity, id, "purge", actor);
  if (CONTAINERS.includes(entity.type)) {
    const [row] = await sql.query<{ outcome: string }>("select atoms_purge($1, $2) as outcome", [
      entity.type,
      id,
    ]);
    if (row?.outcome === "has_children") {
      throw new Refusal(
        "HAS_CHILDREN",
        "There are live records inside; delete them first. Nothing was changed.",
      );
    }
    return { id };
  }
  await sql.query("delete from trace_links where source_id = $1 or target_id = $1", [id]);
  await sql.query("delete from assignments where entity_id = $1", [id]);
  await sql.query(`delete from ${entity.table} where id = $1`, [id]);
  return { id };
}

/** Brings a deleted record back, with the children that were deleted together with it. */
export async function restoreRecord(sql: Sql, entity: Entity, id: string, actor: Actor): Promise<Row> {
  await allow(sql, entity, id, "delete", actor);
  const parent = entity.parent;
  if (parent) {
    const [alive] = await sql.query(
      `select 1 from ${ENTITIES[parent.type].table} p join ${entity.table} e on e.${parent.key} = p.id
       where e.id = $1 and not p.is_deleted`,
      [id],
    );
    if (!alive) throw badReference(parent.key);
  }
  // As text: a JavaScript date would lose the microseconds that the children are recognised by.
  const [before] = await sql.query<{ at: string }>(
    `select deleted_at::text as at from ${entity.table} where id = $1 and is_deleted for update`,
    [id],
  );
  if (!before) throw notFound(entity.type);
  await sql
    .query(
      `update ${entity.table} set is_deleted = false, deleted_at = null, deleted_by = null,
         version = version + 1, updated_at = clock_timestamp(), updated_by = $2 where id = $1`,
      [id, actor.user.id],
    )
    .catch((error: unknown) => {
      throw isDuplicate(error) && entity.slug ? slugTaken() : error;
    });
  if (CONTAINERS.includes(entity.type)) {
    await sql.query("select atoms_restore_below($1, $2, $3::timestamptz)", [entity.type, id, before.at]);
  }
  return readRow(sql, entity, id);
}

/** @throws Refusal when the caller's role does not allow the action on this visible record */
async function allow(
  sql: Sql,
  entity: Entity,
  id: string,
  action: "update" | "delete" | "purge",
  actor: Actor,
): Promise<void> {
  const location = await locate(sql, entity.type, id);
  if (!location) throw notFound(entity.type);
  const own = entity.type !== "profile" || id === actor.user.id;
  const standing = await standingAt(sql, location);
  const word = action === "purge" ? "delete for good" : action;
  if (!own || !may(action, entity.type, standing, location.scope))
    throw denied(`${word} this ${entity.type}`);
}

async function insert(sql: Sql, entity: Entity, row: Values): Promise<void> {
  const columns = Object.keys(row);
  const marks = columns.map((column, i) => `$${i + 1}${castOf(entity, column)}`);
  // No RETURNING: a new organization cannot be seen before its owner's membership is there.
  await sql.query(
    `insert into ${entity.table} (${columns.join(", ")}) values (${marks.join(", ")})`,
    columns.map((column) => bind(entity, column, row[column])),
  );
}

function castOf(entity: Entity, column: string): string {
  const type = entity.fields[column]?.type;
  return type === "jsonb" || type === "text[]" ? `::${type}` : "";
}

function bind(entity: Entity, column: string, value: unknown): unknown {
  return entity.fields[column]?.type === "jsonb" && value !== null ? JSON.stringify(value) : value;
}
