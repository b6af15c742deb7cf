import type { Sql } from "../storage/database.js";
import { ENTITIES, type Entity, type EntityType, selectList } from "./entities.js";
import { conditions, type Filters, filterable, ordering, substring, Values } from "./filters.js";
import type { Row } from "./records.js";
import { badReference, invalid } from "./refusal.js";
import { UUID } from "./resolve.js";

/** What to list. */
export interface ListRequest {
  readonly filters?: Filters | undefined;
  readonly term?: string | undefined;
  readonly parent?: { type: EntityType; id: string } | undefined;
  readonly includeDeleted: boolean;
  readonly orderBy: string;
  readonly limit: number;
  readonly offset: number;
}

/** One page of visible rows, and how many there are in all. */
export async function listRecords(
  sql: Sql,
  entity: Entity,
  request: ListRequest,
): Promise<{ rows: Row[]; total: number }> {
  const values = new Values();
  const columns = filterable(entity);
  const where = await whereOf(sql, entity, request, values);
  const order = ordering(request.orderBy, columns, "e");
  const counted = await sql.query<{ total: number }>(
    `select count(*)::int as total from ${entity.table} e where ${where}`,
    values.list,
  );
  const page = `limit ${values.add(request.limit)} offset ${values.add(request.offset)}`;
  const rows = await sql.query<Row>(
    `select ${selectList(entity, "e")} from ${entity.table} e where ${where} order by ${order} ${page}`,
    values.list,
  );
  return { rows, total: counted[0]?.total ?? 0 };
}

/** The condition of a list over alias `e`; row-level security adds what the caller may see. */
async function whereOf(sql: Sql, entity: Entity, request: ListRequest, values: Values): Promise<string> {
  const parts = request.includeDeleted ? [] : ["not e.is_deleted"];
  if (request.filters) parts.push(...conditions(request.filters, filterable(entity), "e", values));
  if (request.term !== undefined) parts.push(matches(entity, request.term, values));
  if (request.parent) {
    const { type, id } = request.parent;
    if (!UUID.test(id)) throw invalid("parent_id", "expected an id");
    const parent = ENTITIES[type];
    const live = request.includeDeleted ? "" : " and not is_deleted";
    const found = await sql.query(`select 1 from ${parent.table} where id = $1${live}`, [id]);
    if (found.length === 0) throw badReference("parent_id");
    parts.push(childOf(entity, type, values.add(id)));
  }
  return parts.length === 0 ? "true" : parts.map((part) => `(${part})`).join(" and ");
}

/** Substring of label or description, without regard to case. */
function matches(entity: Entity, term: string, values: Values): string {
  const pattern = values.add(substring(term));
  const columns = [entity.label, ...(entity.description ? [entity.description] : [])];
  return columns.map((column) => `e.${column} ilike ${pattern}`).join(" or ");
}

/** The condition under which an entity's row lies below a record: directly, or further down the tree. */
function childOf(entity: Entity, parent: EntityType, id: string): string {
  const inProjects = `in (select p.id from projects p where p.organization_id = ${id})`;
  const documents = (condition: string) =>
    `e.document_id in (select d.id from documents d where ${condition})`;
  const rule: Partial<Record<EntityType, Partial<Record<EntityType, string>>>> = {
    project: { organization: `e.organization_id = ${id}` },
    document: { project: `e.project_id = ${id}`, organization: `e.project_id ${inProjects}` },
    test: { project: `e.project_id = ${id}`, organization: `e.project_id ${inProjects}` },
    block: below(),
    requirement: { ...below(), block: `e.block_id = ${id}` },
    property: {
      organization: `e.organization_id = ${id}`,
      project: `e.project_id = ${id}`,
      document: `e.document_id = ${id}`,
    },
  };
  function below() {
    return {
      document: `e.document_id = ${id}`,
      project: documents(`d.project_id = ${id}`),
      organization: documents(`d.project_id ${inProjects}`),
    };
  }
  const condition = rule[entity.type]?.[parent];
  if (condition === undefined) throw invalid("parent_type", `a ${entity.type} is never inside a ${parent}`);
  return condition;
}
