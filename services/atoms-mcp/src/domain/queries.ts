import type { Sql } from "../storage/database.js";
import { columnsOf, ENTITIES, type Entity, type EntityType, selectList } from "./entities.js";
import { conditions, type Filters, filterable, Values } from "./filters.js";
import { listRecords } from "./lists.js";
import { invalid } from "./refusal.js";

/** What a question is about: types, filters that apply where the type has the field, and a limit per type. */
export interface Question {
  readonly entities: readonly EntityType[];
  readonly filters: Filters;
  readonly limit: number;
}

/** The filters that a type has fields for. @throws Refusal when no asked type has the field */
export function filtersFor(entity: Entity, question: Question): Filters {
  const known = filterable(entity);
  for (const field of Object.keys(question.filters)) {
    if (!question.entities.some((type) => filterable(ENTITIES[type]).has(field))) {
      throw invalid(`conditions.${field}`, "no such field in any of these types");
    }
  }
  return Object.fromEntries(Object.entries(question.filters).filter(([field]) => known.has(field)));
}

function whereOf(entity: Entity, question: Question, values: Values): string {
  return [
    "not e.is_deleted",
    ...conditions(filtersFor(entity, question), filterable(entity), "e", values),
  ].join(" and ");
}

/** Substring search over several types. */
export async function searchTypes(sql: Sql, question: Question, term: string) {
  const results: Record<string, unknown> = {};
  let total = 0;
  for (const type of question.entities) {
    const entity = ENTITIES[type];
    const found = await listRecords(sql, entity, {
      filters: filtersFor(entity, question),
      term,
      includeDeleted: false,
      orderBy: "created_at:desc",
      limit: question.limit,
      offset: 0,
    });
    total += found.total;
    results[type] = { count: found.total, results: found.rows };
  }
  return { total_results: total, results_by_entity: results };
}

/** Full-text ranking over label and description; properties, blocks and profiles have only a label. */
export async function rankTypes(sql: Sql, question: Question, term: string) {
  const results: Record<string, unknown> = {};
  let total = 0;
  for (const type of question.entities) {
    const entity = ENTITIES[type];
    const values = new Values();
    const where = whereOf(entity, question, values);
    const text = entity.description
      ? `coalesce(e.${entity.label}, '') || ' ' || coalesce(e.${entity.description}, '')`
      : `coalesce(e.${entity.label}, '')`;
    const query = `websearch_to_tsquery('english', ${values.add(term)})`;
    const words = `to_tsvector('english', ${text})`;
    const rows = await sql.query(
      `select ${selectList(entity, "e")}, ts_rank(${words}, ${query})::float8 as rank from ${entity.table} e
       where ${where} and ${words} @@ ${query} order by rank desc, e.created_at desc, e.id limit ${values.add(question.limit)}`,
      values.list,
    );
    total += rows.length;
    results[type] = { count: rows.length, results: rows };
  }
  return { mode: "keyword", total_results: total, results_by_entity: results };
}

/** Counts per type: all, of the last 30 days, and by status. */
export async function aggregateTypes(sql: Sql, question: Question) {
  const results: Record<string, unknown> = {};
  for (const type of question.entities) {
    const entity = ENTITIES[type];
    const values = new Values();
    const where = whereOf(entity, question, values);
    const [counts] = await sql.query<{ total_count: number; recent_count: number }>(
      `select count(*)::int as total_count,
              (count(*) filter (where e.created_at > now() - interval '30 days'))::int as recent_count
       from ${entity.table} e where ${where}`,
      values.list,
    );
    const breakdown =
      "status" in columnsOf(entity) ? await groupBy(sql, entity, "status", where, values) : {};
    results[type] = { ...counts, status_breakdown: breakdown };
  }
  return results;
}

/** How records are spread: members and projects, sizes of projects, coverage of requirements. */
export async function analyzeTypes(sql: Sql, question: Question) {
  const results: Record<string, unknown> = {};
  for (const type of question.entities) {
    const entity = ENTITIES[type];
    const values = new Values();
    const where = whereOf(entity, question, values);
    const [counted] = await sql.query<{ n: number }>(
      `select count(*)::int as n from ${entity.table} e where ${where}`,
      values.list,
    );
    results[type] = { total_count: counted?.n ?? 0, ...(await analysis(sql, entity, where, values)) };
  }
  return results;
}

async function analysis(
  sql: Sql,
  entity: Entity,
  where: string,
  values: Values,
): Promise<Record<string, unknown>> {
  switch (entity.type) {
    case "organization":
      return {
        members: await spread(
          sql,
          entity,
          where,
          values,
          "organization_members c where c.organization_id = e.id and c.status = 'active'",
        ),
        projects: await spread(sql, entity, where, values, "projects c where c.organization_id = e.id"),
      };
    case "project": {
      const rows = await sql.query<{ documents: number; requirements: number }>(
        `select e.id, e.name,
           (select count(*)::int from documents d where d.project_id = e.id and not d.is_deleted) as documents,
           (select count(*)::int from requirements r join documents d on d.id = r.document_id
            where d.project_id = e.id and not r.is_deleted) as requirements
         from projects e where ${where} order by e.created_at desc, e.id`,
        values.list,
      );
      const complexity = { simple: 0, medium: 0, complex: 0 };
      for (const row of rows) complexity[sizeOf(row.requirements)] += 1;
      return {
        documents: summary(rows.map((row) => row.documents)),
        requirements: summary(rows.map((row) => row.requirements)),
        complexity,
        projects: rows.slice(0, 100).map((row) => ({ ...row, complexity: sizeOf(row.requirements) })),
      };
    }
    case "requirement": {
      const [row] = await sql.query<{ total: number; covered: number }>(
        `select count(*)::int as total, (count(*) filter (where exists (
            select 1 from requirement_tests l join test_req t on t.id = l.test_id and not t.is_deleted
            where l.requirement_id = e.id and not l.is_deleted)))::int as covered
         from requirements e where ${where}`,
        values.list,
      );
      return {
        status_distribution: await groupBy(sql, entity, "status", where, values),
        priority_distribution: await groupBy(sql, entity, "priority", where, values),
        test_coverage: row && row.total > 0 ? row.covered / row.total : 0,
      };
    }
    default:
      return {};
  }
}

/** Fewer than 10 requirements are simple, fewer than 50 medium. */
function sizeOf(requirements: number): "simple" | "medium" | "complex" {
  return requirements < 10 ? "simple" : requirements < 50 ? "medium" : "complex";
}

async function spread(sql: Sql, entity: Entity, where: string, values: Values, counted: string) {
  const rows = await sql.query<{ n: number }>(
    `select (select count(*)::int from ${counted} and not c.is_deleted) as n from ${entity.table} e where ${where}`,
    values.list,
  );
  return summary(rows.map((row) => row.n));
}

function summary(numbers: number[]) {
  if (numbers.length === 0) return { average: 0, min: 0, max: 0 };
  const sum = numbers.reduce((total, n) => total + n, 0);
  return { average: sum / numbers.length, min: Math.min(...numbers), max: Math.max(...numbers) };
}

async function groupBy(sql: Sql, entity: Entity, column: string, where: string, values: Values) {
  const rows = await sql.query<{ value: string; n: number }>(
    `select e.${column} as value, count(*)::int as n from ${entity.table} e where ${where} group by 1 order by 1`,
    values.list,
  );
  return Object.fromEntries(rows.map(({ value, n }) => [value, n]));
}

const TOUCHES: Record<string, readonly EntityType[]> = {
  organization_members: ["organization", "profile"],
  project_members: ["project", "profile"],
  assignments: ["requirement", "document", "profile"],
  trace_links: ["requirement", "document"],
  requirement_tests: ["requirement", "test"],
  organization_invitations: ["organization"],
};
const SHOWN: Record<string, string> = {
  organization_invitations: "id, organization_id, email, role, status, expires_at, created_at, updated_at",
};
const NEWEST = 10;

/** Counts and the newest rows of each link table that touches the asked types. */
export async function relationshipsOf(sql: Sql, types: readonly EntityType[]) {
  const results: Record<string, unknown> = {};
  for (const [table, touched] of Object.entries(TOUCHES)) {
    if (!touched.some((type) => types.includes(type))) continue;
    const live = `not l.is_deleted ${ENDS_ALIVE[table] ?? ""}`;
    const [counted] = await sql.query<{ n: number }>(
      `select count(*)::int as n from ${table} l where ${live}`,
    );
    const rows = await sql.query(
      `select ${SHOWN[table] ?? "l.*"} from ${table} l where ${live} order by l.created_at desc, l.id limit ${NEWEST}`,
    );
    results[table] = { count: counted?.n ?? 0, newest: rows };
  }
  return results;
}

const alive = (table: string, id: string) =>
  `exists (select 1 from ${table} t where t.id = l.${id} and not t.is_deleted)`;
const either = (id: string) => `(${alive("requirements", id)} or ${alive("documents", id)})`;
/** Links to deleted records are not counted. */
const ENDS_ALIVE: Record<string, string> = {
  organization_members: `and ${alive("organizations", "organization_id")}`,
  organization_invitations: `and ${alive("organizations", "organization_id")}`,
  project_members: `and ${alive("projects", "project_id")}`,
  assignments: `and ${either("entity_id")}`,
  trace_links: `and ${either("source_id")} and ${either("target_id")}`,
  requirement_tests: `and ${alive("requirements", "requirement_id")} and ${alive("test_req", "test_id")}`,
};
