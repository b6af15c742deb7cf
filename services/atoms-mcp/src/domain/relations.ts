import type { Sql } from "../storage/database.js";
import { ENTITIES, type Entity, selectList } from "./entities.js";
import type { Row } from "./records.js";

const RECENT = 5;

/** What surrounds a record, for `include_relations`; only what the caller can see, only live rows. */
export async function relationsOf(sql: Sql, entity: Entity, id: string): Promise<Record<string, unknown>> {
  switch (entity.type) {
    case "organization":
      return {
        member_count: await count(
          sql,
          "organization_members where organization_id = $1 and status = 'active'",
          id,
        ),
        recent_projects: await rows(
          sql,
          "project",
          "e.organization_id = $1",
          id,
          `e.created_at desc, e.id limit ${RECENT}`,
        ),
      };
    case "project":
      return {
        document_count: await count(sql, "documents where project_id = $1", id),
        members: await sql.query(
          `select m.user_id, m.role, m.status, p.full_name, p.email from project_members m join profiles p on p.id = m.user_id
           where m.project_id = $1 and not m.is_deleted order by m.created_at, m.id`,
          [id],
        ),
      };
    case "document":
      return {
        requirement_count: await count(sql, "requirements where document_id = $1", id),
        blocks: await rows(sql, "block", "e.document_id = $1", id, "e.position, e.id"),
      };
    case "requirement":
      return {
        tests: await rows(sql, "test", linkedBy("test_id", "requirement_id"), id, "e.created_at, e.id"),
        trace_links: await sql.query(
          `select l.* from trace_links l where (l.source_id = $1 or l.target_id = $1) and not l.is_deleted
           order by l.created_at, l.id`,
          [id],
        ),
      };
    case "test":
      return {
        requirements: await rows(
          sql,
          "requirement",
          linkedBy("requirement_id", "test_id"),
          id,
          "e.created_at, e.id",
        ),
      };
    default:
      return {};
  }
}

function linkedBy(wanted: string, given: string): string {
  return `e.id in (select l.${wanted} from requirement_tests l where l.${given} = $1 and not l.is_deleted)`;
}

async function count(sql: Sql, from: string, id: string): Promise<number> {
  const [row] = await sql.query<{ n: number }>(`select count(*)::int as n from ${from} and not is_deleted`, [
    id,
  ]);
  return row?.n ?? 0;
}

function rows(
  sql: Sql,
  type: "project" | "block" | "test" | "requirement",
  condition: string,
  id: string,
  order: string,
): Promise<Row[]> {
  const entity = ENTITIES[type];
  return sql.query<Row>(
    `select ${selectList(entity, "e")} from ${entity.table} e where ${condition} and not e.is_deleted order by ${order}`,
    [id],
  );
}
