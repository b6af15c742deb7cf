import { z } from "zod";
import type { ColumnType, EntityType } from "./entities.js";
import { COMMON } from "./entities.js";

/** The five kinds of relationship. */
export const RELATIONSHIP_TYPES = [
  "member",
  "assignment",
  "trace_link",
  "requirement_test",
  "invitation",
] as const;
export type RelationshipType = (typeof RELATIONSHIP_TYPES)[number];

/** A link table: its ends, and what callers may say about a link. */
export interface Link {
  readonly table: string;
  /** Columns of the two ends; `type` where an end can be of several types. */
  readonly source: { readonly id: string; readonly type?: string; readonly accepts: readonly EntityType[] };
  readonly target: { readonly id: string; readonly type?: string; readonly accepts: readonly EntityType[] };
  /** Settable columns with their default. A column in `key` tells apart several links between the same two ends. */
  readonly metadata: Readonly<Record<string, { schema: z.ZodType; type: ColumnType; fallback: unknown }>>;
  readonly key?: string;
}

const choice = (fallback: string, ...others: string[]) => ({
  schema: z.enum([fallback, ...others]),
  type: "text" as const,
  fallback,
});
const freeText = { schema: z.string().max(5000).nullable(), type: "text" as const, fallback: null };
const memberStatus = choice("active", "inactive");
const traceable = ["requirement", "document"] as const;

/** Members of organizations and of projects are two tables; `source.type` picks. */
export function linkOf(type: Exclude<RelationshipType, "invitation">, sourceType: string): Link {
  if (type === "member") return sourceType === "project" ? PROJECT_MEMBER : ORGANIZATION_MEMBER;
  return LINKS[type];
}

const ORGANIZATION_MEMBER: Link = {
  table: "organization_members",
  source: { id: "organization_id", accepts: ["organization"] },
  target: { id: "user_id", accepts: ["profile"] },
  metadata: { role: choice("member", "admin", "owner"), status: memberStatus },
};

const PROJECT_MEMBER: Link = {
  table: "project_members",
  source: { id: "project_id", accepts: ["project"] },
  target: { id: "user_id", accepts: ["profile"] },
  metadata: { role: choice("viewer", "editor", "maintainer", "admin", "owner"), status: memberStatus },
};

const LINKS: Record<"assignment" | "trace_link" | "requirement_test", Link> = {
  assignment: {
    table: "assignments",
    source: { id: "entity_id", type: "entity_type", accepts: traceable },
    target: { id: "assignee_id", accepts: ["profile"] },
    metadata: {
      role: choice("assignee", "reviewer", "approver"),
      status: { schema: z.string().min(1).max(50), type: "text", fallback: "active" },
      comment: freeText,
      due_date: { schema: z.iso.datetime({ offset: true }).nullable(), type: "timestamptz", fallback: null },
    },
  },
  trace_link: {
    table: "trace_links",
    source: { id: "source_id", type: "source_type", accepts: traceable },
    target: { id: "target_id", type: "target_type", accepts: traceable },
    metadata: {
      link_type: choice(
        "relates_to",
        "derives_from",
        "implements",
        "conflicts_with",
        "is_related_to",
        "parent_of",
        "child_of",
      ),
      description: freeText,
    },
    key: "link_type",
  },
  requirement_test: {
    table: "requirement_tests",
    source: { id: "requirement_id", accepts: ["requirement"] },
    target: { id: "test_id", accepts: ["test"] },
    metadata: {
      coverage_level: choice("full", "partial", "none"),
      execution_status: choice("not_executed", "in_progress", "passed", "failed", "blocked", "skipped"),
      result_notes: freeText,
    },
  },
};

/** Invitations go to an address, not to a record. The token that accepts one is never shown. */
export const INVITATION = {
  table: "organization_invitations",
  metadata: {
    role: choice("member", "admin", "owner"),
    status: choice("pending", "accepted", "rejected", "revoked"),
  },
  columns: ["organization_id", "email", "role", "status", "expires_at"],
} as const;

/** Columns a list of links can be filtered by. */
export function linkColumns(link: Link): Map<string, ColumnType> {
  const ends = [link.source, link.target].flatMap((end): [string, ColumnType][] => [
    [end.id, "uuid"],
    ...(end.type === undefined ? [] : ([[end.type, "text"]] as [string, ColumnType][])),
  ]);
  const metadata = Object.entries(link.metadata).map(([name, { type }]): [string, ColumnType] => [
    name,
    type,
  ]);
  return new Map([...Object.entries(COMMON), ...ends, ...metadata]);
}
