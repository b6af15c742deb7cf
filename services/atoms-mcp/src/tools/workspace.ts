import { z } from "zod";
import { invalid, notFound, Refusal } from "../domain/refusal.js";
import { defaults, enter, leave, type Place, readContext } from "../domain/workspace.js";
import type { Sql } from "../storage/database.js";
import { formatType, type Outcome, paging } from "./envelope.js";
import { defineTool, type ToolContext } from "./tool.js";

const ContextType = z.enum(["organization", "project", "document"]);
type ContextType = z.output<typeof ContextType>;

const Input = z.strictObject({
  operation: z.enum(["get_context", "set_context", "list_workspaces", "get_defaults", "clear_context"]),
  context_type: ContextType.optional().describe("for set_context"),
  entity_id: z.string().min(1).max(255).optional().describe("for set_context: an id, or the exact name"),
  limit: z.number().int().min(1).max(500).default(100).describe("for list_workspaces"),
  offset: z.number().int().min(0).default(0).describe("for list_workspaces"),
  format_type: formatType,
});

export const workspaceTool = defineTool({
  name: "workspace_tool",
  title: "Workspace",
  description:
    "Remembers which organization, project and document you are working on, lists your organizations, and says where new records go by default.",
  input: Input,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  operation: (input) => input.operation,
  async run(input, context): Promise<Outcome> {
    switch (input.operation) {
      case "get_context":
        return { data: await context.transaction((sql) => readContext(sql, context.user)) };
      case "get_defaults":
        return { data: await context.transaction((sql) => defaults(sql, context.user)) };
      case "clear_context":
        return {
          data: await context.transaction(async (sql) => {
            await leave(sql, context.user);
            return readContext(sql, context.user);
          }),
        };
      case "set_context":
        return setContext(input.context_type, input.entity_id, context);
      case "list_workspaces":
        return listWorkspaces(input.limit, input.offset, context);
    }
  },
});

async function setContext(
  kind: ContextType | undefined,
  entity: string | undefined,
  context: ToolContext,
): Promise<Outcome> {
  if (kind === undefined) throw invalid("context_type", "required");
  if (entity === undefined) throw invalid("entity_id", "required");
  return {
    data: await context.transaction(async (sql) => {
      const place = await findPlace(sql, kind, entity);
      await enter(sql, context.user, place);
      return readContext(sql, context.user);
    }),
  };
}

const PLACES: Record<ContextType, string> = {
  organization: "select o.id, o.name, o.id as organization from organizations o where not o.is_deleted",
  project: `select p.id, p.name, p.organization_id as organization, p.id as project from projects p where not p.is_deleted`,
  document: `select d.id, d.name, p.organization_id as organization, p.id as project, d.id as document
             from documents d join projects p on p.id = d.project_id where not d.is_deleted`,
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

async function findPlace(sql: Sql, kind: ContextType, entity: string): Promise<Place> {
  const condition = UUID.test(entity) ? "place.id = $1::uuid" : "lower(place.name) = lower($1)";
  const found = await sql.query<Place & { id: string; name: string }>(
    `select * from (${PLACES[kind]}) place where ${condition} order by place.id limit 6`,
    [entity],
  );
  const [only, ...others] = found;
  if (!only) throw notFound(kind);
  if (others.length > 0) {
    throw new Refusal("AMBIGUOUS", `Several records of type ${kind} have this name; use an id`, {
      suggestions: found.slice(0, 5).map(({ id, name }) => ({ id, name, score: 1 })),
    });
  }
  return only;
}

async function listWorkspaces(limit: number, offset: number, context: ToolContext): Promise<Outcome> {
  return context.transaction(async (sql) => {
    const rows = await sql.query<{ total: number }>(
      `select o.id, o.name, o.slug, o.type, o.status, m.role,
              (select count(*)::int from projects p where p.organization_id = o.id and not p.is_deleted) as project_count,
              count(*) over ()::int as total
       from organizations o
       join organization_members m on m.organization_id = o.id and m.user_id = $1 and m.status = 'active' and not m.is_deleted
       where not o.is_deleted order by o.created_at desc, o.id limit $2 offset $3`,
      [context.user.id, limit, offset],
    );
    const total = rows[0]?.total ?? (offset === 0 ? 0 : await countWorkspaces(sql, context.user.id));
    const data = rows.map(({ total: _, ...row }) => row);
    return { data, extra: paging(data.length, total, limit, offset) };
  });
}

async function countWorkspaces(sql: Sql, user: string): Promise<number> {
  const [row] = await sql.query<{ total: number }>(
    `select count(*)::int as total from organizations o
     join organization_members m on m.organization_id = o.id and m.user_id = $1 and m.status = 'active' and not m.is_deleted
     where not o.is_deleted`,
    [user],
  );
  return row?.total ?? 0;
}
