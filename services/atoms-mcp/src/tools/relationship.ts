import { z } from "zod";
import { Filters } from "../domain/filters.js";
import {
  changeInvitation,
  checkInvitation,
  invite,
  listInvitations,
  uninvite,
} from "../domain/invitations.js";
import { RELATIONSHIP_TYPES } from "../domain/links.js";
import { invalid } from "../domain/refusal.js";
import { changeLink, checkLink, type End, listLinks, makeLink, removeLink } from "../domain/relationships.js";
import type { Sql } from "../storage/database.js";
import { formatType, type Outcome, paging } from "./envelope.js";
import { defineTool, type ToolContext } from "./tool.js";

const id = z.string().min(1).max(500).describe("an id, or an exact name");
const Source = z.strictObject({ type: z.enum(["organization", "project", "document", "requirement"]), id });
const Target = z.union([
  z.strictObject({ type: z.enum(["user", "profile", "document", "requirement", "test"]), id }),
  z.strictObject({ email: z.email().max(320) }),
]);
const Input = z.strictObject({
  operation: z.enum(["link", "unlink", "list", "check", "update"]),
  relationship_type: z.enum(RELATIONSHIP_TYPES),
  source: Source,
  target: Target.optional().describe("required except for list; an email for an invitation"),
  metadata: z
    .record(z.string(), z.json())
    .default({})
    .describe("role, status, link_type, coverage_level and so on, as the kind of relationship has them"),
  filters: Filters.optional(),
  limit: z.int().min(1).max(500).default(100),
  offset: z.int().min(0).max(1_000_000).default(0),
  soft_delete: z.boolean().default(true),
  format_type: formatType,
});
type Input = z.output<typeof Input>;

export const relationshipTool = defineTool({
  name: "relationship_tool",
  title: "Relationships",
  description:
    "Links and unlinks records: members of organizations and projects, invitations, assignments, trace links, and which tests cover a requirement.",
  input: Input,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  operation: (input) => input.operation,
  async run(input, context): Promise<Outcome> {
    await spend(input, context);
    const outcome = await context.transaction((sql) =>
      input.relationship_type === "invitation"
        ? invitation(sql, input, context)
        : link(sql, input.relationship_type, input, context),
    );
    return { ...outcome, extra: { relationship_type: input.relationship_type, ...outcome.extra } };
  },
});

async function spend({ operation }: Input, context: ToolContext): Promise<void> {
  if (operation === "link") await context.spend("create");
  if (operation === "update") await context.spend("update");
  if (operation === "unlink") await context.spend("delete");
}

async function link(
  sql: Sql,
  type: Exclude<Input["relationship_type"], "invitation">,
  input: Input,
  context: ToolContext,
): Promise<Outcome> {
  const { source, metadata, operation } = input;
  const target = recordOf(input.target);
  if (operation === "list") {
    const { rows, total } = await listLinks(sql, type, source, target, input);
    return { data: rows, extra: paging(rows.length, total, input.limit, input.offset) };
  }
  if (target === undefined) throw invalid("target", "required");
  const actor = { user: context.user, uuid: context.uuid };
  switch (operation) {
    case "link":
      return { data: await makeLink(sql, type, source, target, metadata, actor) };
    case "unlink":
      return { data: await removeLink(sql, type, source, target, metadata, input.soft_delete, actor) };
    case "update":
      return { data: await changeLink(sql, type, source, target, metadata, actor) };
    case "check":
      return { data: await checkLink(sql, type, source, target, metadata) };
  }
}

async function invitation(sql: Sql, input: Input, context: ToolContext): Promise<Outcome> {
  const { source, metadata, operation } = input;
  if (source.type !== "organization") throw invalid("source.type", "expected organization");
  if (operation === "list") {
    const { rows, total } = await listInvitations(sql, source.id, input);
    return { data: rows, extra: paging(rows.length, total, input.limit, input.offset) };
  }
  if (input.target === undefined) throw invalid("target", "required");
  if (!("email" in input.target)) throw invalid("target.email", "required");
  const { email } = input.target;
  const actor = { user: context.user, uuid: context.uuid };
  switch (operation) {
    case "link":
      return { data: await invite(sql, source.id, email, metadata, context.now(), actor) };
    case "unlink":
      return { data: await uninvite(sql, source.id, email, input.soft_delete, actor) };
    case "update":
      return { data: await changeInvitation(sql, source.id, email, metadata, actor) };
    case "check":
      return { data: await checkInvitation(sql, source.id, email) };
  }
}

function recordOf(target: Input["target"]): End | undefined {
  if (target === undefined) return undefined;
  if ("email" in target) throw invalid("target", "expected type and id");
  return target;
}
