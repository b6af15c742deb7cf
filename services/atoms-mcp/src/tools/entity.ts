import { z } from "zod";
import { ENTITIES, ENTITY_TYPES, type Entity, type EntityType } from "../domain/entities.js";
import { Filters } from "../domain/filters.js";
import { refusalFrom } from "../domain/from-postgres.js";
import { listRecords } from "../domain/lists.js";
import {
  createRecord,
  hardDelete,
  readRow,
  restoreRecord,
  softDelete,
  updateRecord,
} from "../domain/records.js";
import { invalid, Refusal } from "../domain/refusal.js";
import { relationsOf } from "../domain/relations.js";
import { type Deleted, resolve, UUID } from "../domain/resolve.js";
import { defaults } from "../domain/workspace.js";
import type { Sql } from "../storage/database.js";
import { formatType, type Outcome, paging } from "./envelope.js";
import { defineTool, type ToolContext } from "./tool.js";

const Data = z.record(z.string(), z.json());
const Input = z.strictObject({
  entity_type: z.enum([...ENTITY_TYPES, "user"]).describe("user is another word for profile"),
  operation: z
    .enum(["create", "read", "update", "delete", "restore", "list", "search"])
    .optional()
    .describe(
      "may be left out: data alone creates, with entity_id updates; entity_id alone reads; else search or list",
    ),
  data: Data.optional().describe(
    "fields, for create and update; the text auto stands for the default parent",
  ),
  batch: z.array(Data).min(1).max(100).optional().describe("for create, instead of data"),
  entity_id: z.string().min(1).max(500).optional().describe("an id, or a name"),
  expected_version: z.int().min(1).optional().describe("for update: fail if somebody changed it since"),
  filters: Filters.optional().describe(
    "field to value, or to {eq neq gt gte lt lte like ilike in not_in contains is_null}",
  ),
  search_term: z.string().min(1).max(500).optional(),
  parent_type: z.enum(ENTITY_TYPES).optional(),
  parent_id: z.string().max(100).optional(),
  limit: z.int().min(1).max(100).default(20),
  offset: z.int().min(0).max(1_000_000).default(0),
  order_by: z
    .string()
    .min(1)
    .max(200)
    .default("created_at:desc")
    .describe("comma list of field, field:asc, field:desc, -field"),
  include_relations: z.boolean().default(false).describe("for read"),
  include_deleted: z.boolean().default(false),
  soft_delete: z
    .boolean()
    .default(true)
    .describe("false removes for good: owners only, and nothing may be inside"),
  format_type: formatType,
});
type Input = z.output<typeof Input>;
type Operation = NonNullable<Input["operation"]>;

export const entityTool = defineTool({
  name: "entity_tool",
  title: "Records",
  description:
    "Creates, reads, changes, deletes, restores, lists and searches organizations, projects, documents, requirements, tests, blocks, properties and profiles.",
  input: Input,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  operation: operationOf,
  async run(input, context): Promise<Outcome> {
    const type: EntityType = input.entity_type === "user" ? "profile" : input.entity_type;
    const outcome = await perform(operationOf(input), ENTITIES[type], input, context);
    return { ...outcome, extra: { entity_type: type, ...outcome.extra } };
  },
});

/** The operation that was asked for, or that the arguments mean. Deleting and restoring are never guessed. */
export function operationOf(input: Input): Operation {
  if (input.operation !== undefined) return input.operation;
  if (input.batch !== undefined) return "create";
  if (input.data !== undefined) return input.entity_id === undefined ? "create" : "update";
  if (input.entity_id !== undefined) return "read";
  return input.search_term === undefined ? "list" : "search";
}

async function perform(
  operation: Operation,
  entity: Entity,
  input: Input,
  context: ToolContext,
): Promise<Outcome> {
  const actor = { user: context.user, uuid: context.uuid };
  switch (operation) {
    case "create":
      return create(entity, input, context);
    case "read":
      return context.transaction((sql) => read(sql, entity, input));
    case "list":
      return list(entity, input, undefined, context);
    case "search":
      if (input.search_term === undefined) throw invalid("search_term", "required");
      await context.spend("search");
      return list(entity, input, input.search_term, context);
    case "update": {
      const { data } = input;
      if (data === undefined) throw invalid("data", "required");
      await context.spend("update");
      return context.transaction(async (sql) => {
        const { id } = await find(sql, entity, input, "no");
        return { data: await updateRecord(sql, entity, id, data, input.expected_version, actor) };
      });
    }
    case "delete":
      await context.spend("delete");
      return context.transaction(async (sql) => {
        const { id } = await find(sql, entity, input, input.soft_delete ? "no" : "both");
        const data = input.soft_delete
          ? await softDelete(sql, entity, id, actor)
          : await hardDelete(sql, entity, id, actor);
        return { data, extra: { soft_delete: input.soft_delete } };
      });
    case "restore":
      await context.spend("update");
      return context.transaction(async (sql) => {
        const { id } = await find(sql, entity, input, "only");
        return { data: await restoreRecord(sql, entity, id, actor) };
      });
  }
}

async function find(sql: Sql, entity: Entity, input: Input, deleted: Deleted, guess = false) {
  if (input.entity_id === undefined) throw invalid("entity_id", "required");
  return resolve(sql, entity, input.entity_id, { guess, deleted });
}

async function read(sql: Sql, entity: Entity, input: Input): Promise<Outcome> {
  const deleted = input.include_deleted ? "both" : "no";
  const given = input.entity_id;
  // By id the row is found and read in one question; only a name has to be looked for first.
  const { id, fuzzy } =
    given !== undefined && UUID.test(given)
      ? { id: given, fuzzy: false }
      : await find(sql, entity, input, deleted, true);
  const row = await readRow(sql, entity, id, deleted);
  const relations = input.include_relations ? await relationsOf(sql, entity, row.id) : {};
  return { data: { ...row, ...relations }, extra: fuzzy ? { resolved_by: "fuzzy" } : {} };
}

async function list(
  entity: Entity,
  input: Input,
  term: string | undefined,
  context: ToolContext,
): Promise<Outcome> {
  if ((input.parent_type === undefined) !== (input.parent_id === undefined)) {
    throw invalid(input.parent_type === undefined ? "parent_type" : "parent_id", "required");
  }
  const parent =
    input.parent_type !== undefined && input.parent_id !== undefined
      ? { type: input.parent_type, id: input.parent_id }
      : undefined;
  const { rows, total } = await context.transaction((sql) =>
    listRecords(sql, entity, {
      filters: input.filters,
      term,
      parent,
      includeDeleted: input.include_deleted,
      orderBy: input.order_by,
      limit: input.limit,
      offset: input.offset,
    }),
  );
  return { data: rows, extra: paging(rows.length, total, input.limit, input.offset) };
}

async function create(entity: Entity, input: Input, context: ToolContext): Promise<Outcome> {
  if (input.data !== undefined && input.batch !== undefined)
    throw invalid("batch", "cannot be given together with data");
  if (input.batch !== undefined) return createBatch(entity, input.batch, context);
  if (input.data === undefined) throw invalid("data", "required");
  await context.spend("create");
  return { data: await createOne(entity, input.data, context) };
}

function createOne(entity: Entity, data: z.output<typeof Data>, context: ToolContext) {
  return context.transaction(async (sql) => {
    const placed = await withDefaults(sql, data, context);
    return createRecord(sql, entity, placed, { user: context.user, uuid: context.uuid });
  });
}

/** Item by item: each stands alone, and its place in the answer is its place in the batch. */
async function createBatch(
  entity: Entity,
  batch: z.output<typeof Data>[],
  context: ToolContext,
): Promise<Outcome> {
  await context.spend("create", batch.length);
  const items: Record<string, unknown>[] = [];
  for (const [index, data] of batch.entries()) {
    try {
      items.push({ index, success: true, data: await createOne(entity, data, context) });
    } catch (error) {
      const refusal = refusalFrom(error);
      // A fault of ours is told as such; but not after some were created, which the caller must then hear about.
      const none = !items.some((item) => item["success"] === true);
      if (none && (!refusal || refusal.type === "unavailable")) throw error;
      if (!refusal) {
        items.push({
          index,
          success: false,
          error: "Something went wrong on our side",
          error_type: "server_error",
        });
        continue;
      }
      items.push({
        index,
        success: false,
        error: refusal.message,
        error_type: refusal.type,
        code: refusal.code,
        ...refusal.more,
      });
    }
  }
  const created = items.filter((item) => item["success"] === true).length;
  const extra = { count: items.length, created, failed: items.length - created };
  if (created > 0) return { data: items, extra };
  const failure = new Refusal("VALIDATION_ERROR", "None of the batch could be created; each item says why");
  return { success: false, data: items, extra, failure };
}

const AUTO = ["organization_id", "project_id", "document_id"] as const;

/** Puts the caller's default in place of `auto`. */
async function withDefaults(
  sql: Sql,
  data: z.output<typeof Data>,
  context: ToolContext,
): Promise<Record<string, unknown>> {
  if (!AUTO.some((key) => data[key] === "auto")) return data;
  const known = await defaults(sql, context.user);
  const placed: Record<string, unknown> = { ...data };
  for (const key of AUTO) {
    if (data[key] !== "auto") continue;
    if (known[key] === null)
      throw invalid(key, "auto needs a default; set one with workspace_tool set_context");
    placed[key] = known[key];
  }
  return placed;
}
