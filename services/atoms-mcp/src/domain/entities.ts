import { z } from "zod";

/** The eight entities. */
export const ENTITY_TYPES = [
  "organization",
  "project",
  "document",
  "requirement",
  "test",
  "block",
  "property",
  "profile",
] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

/** How a column's values are bound and compared. */
export type ColumnType = "text" | "uuid" | "int" | "boolean" | "timestamptz" | "jsonb" | "text[]";

/** One field that callers may set. */
export interface Field {
  readonly type: ColumnType;
  /** What a value must look like; without null. */
  readonly schema: z.ZodType;
  /** Must be given on create. */
  readonly required?: true;
  /** Null clears it. */
  readonly nullable?: true;
  /** Set on create and never changed: moving to another parent is not allowed. */
  readonly fixed?: true;
}

/** An entity: its table, what names its records, what contains it, and its fields. */
export interface Entity {
  readonly type: EntityType;
  readonly table: string;
  readonly title: string;
  /** The column that names a record for people. */
  readonly label: "name" | "title" | "full_name";
  /** The column searched besides the label. */
  readonly description?: "description";
  /** The key of the containing record, and what that is. */
  readonly parent?: { readonly key: string; readonly type: EntityType };
  /** Has a slug, unique within the parent (globally without one). */
  readonly slug?: true;
  readonly externalId?: "REQ" | "TEST";
  readonly fields: Readonly<Record<string, Field>>;
  /** Columns that results show and callers can filter by, but never set. */
  readonly derived: Readonly<Record<string, ColumnType>>;
}

/** Columns of every entity; setting one is an error. */
export const COMMON: Readonly<Record<string, ColumnType>> = {
  id: "uuid",
  created_at: "timestamptz",
  updated_at: "timestamptz",
  created_by: "uuid",
  updated_by: "uuid",
  is_deleted: "boolean",
  deleted_at: "timestamptz",
  deleted_by: "uuid",
  version: "int",
};

const text = (max: number, min = 1) => z.string().min(min).max(max);
const description = { type: "text", schema: z.string().max(20_000), nullable: true } as const;
const slug = { type: "text", schema: text(255) } as const;
const tags = { type: "text[]", schema: z.array(text(100)).max(100) } as const;
const json = { type: "jsonb", schema: z.record(z.string(), z.json()) } as const;
const choice = (...names: [string, ...string[]]) => ({ type: "text", schema: z.enum(names) }) as const;
const parentKey = { type: "uuid", schema: z.uuid(), required: true, fixed: true } as const;
const name = (max: number, min = 1) => ({ type: "text", schema: text(max, min), required: true }) as const;
const freeText = { type: "text", schema: z.string().max(10_000), nullable: true } as const;

const priority = choice("low", "medium", "high", "critical");

/** Every entity; JSON schemas, SQL and the reference resource all come from here. */
export const ENTITIES: Readonly<Record<EntityType, Entity>> = {
  organization: {
    type: "organization",
    table: "organizations",
    title: "The top of the tree: a team, an enterprise or one person's own space",
    label: "name",
    description: "description",
    slug: true,
    fields: {
      name: name(255, 2),
      slug,
      type: choice("personal", "team", "enterprise"),
      description,
      status: choice("active", "inactive"),
      settings: json,
      metadata: json,
    },
    derived: {},
  },
  project: {
    type: "project",
    table: "projects",
    title: "A body of work inside an organization",
    label: "name",
    description: "description",
    parent: { key: "organization_id", type: "organization" },
    slug: true,
    fields: {
      name: name(255, 2),
      organization_id: parentKey,
      slug,
      description,
      status: choice("active", "archived", "draft"),
      visibility: choice("private", "team", "organization", "public"),
      tags,
      settings: json,
      metadata: json,
    },
    derived: { owned_by: "uuid" },
  },
  document: {
    type: "document",
    table: "documents",
    title: "A document of a project, holding blocks and requirements",
    label: "name",
    description: "description",
    parent: { key: "project_id", type: "project" },
    slug: true,
    fields: { name: name(255), project_id: parentKey, slug, description, tags },
    derived: {},
  },
  requirement: {
    type: "requirement",
    table: "requirements",
    title: "What the product must do, inside a document",
    label: "name",
    description: "description",
    parent: { key: "document_id", type: "document" },
    externalId: "REQ",
    fields: {
      name: name(255),
      document_id: parentKey,
      description: { type: "text", schema: z.string().max(5000), nullable: true },
      status: choice("draft", "active", "in_review", "in_progress", "approved", "rejected", "archived"),
      priority,
      level: choice("component", "system", "subsystem"),
      format: choice("incose", "ears", "other"),
      position: { type: "int", schema: z.int().min(0).max(2_000_000_000), nullable: true },
      properties: json,
      tags,
      block_id: { type: "uuid", schema: z.uuid(), nullable: true },
    },
    derived: { external_id: "text" },
  },
  test: {
    type: "test",
    table: "test_req",
    title: "How a requirement is shown to be met, inside a project",
    label: "title",
    description: "description",
    parent: { key: "project_id", type: "project" },
    externalId: "TEST",
    fields: {
      title: name(500),
      project_id: parentKey,
      description,
      status: choice("draft", "ready", "in_progress", "blocked", "completed", "obsolete"),
      priority,
      test_type: choice(
        "unit",
        "integration",
        "system",
        "acceptance",
        "performance",
        "security",
        "usability",
        "other",
      ),
      method: choice("manual", "automated", "hybrid"),
      preconditions: freeText,
      expected_results: freeText,
      test_steps: { type: "jsonb", schema: z.array(z.json()).max(500) },
      is_active: { type: "boolean", schema: z.boolean() },
    },
    derived: { external_id: "text" },
  },
  block: {
    type: "block",
    table: "blocks",
    title: "A piece of a document: text, a heading and so on",
    label: "name",
    parent: { key: "document_id", type: "document" },
    fields: {
      document_id: parentKey,
      name: name(255),
      type: { type: "text", schema: text(50) },
      content: json,
      position: { type: "int", schema: z.int().min(0).max(2_000_000_000) },
    },
    derived: {},
  },
  property: {
    type: "property",
    table: "properties",
    title: "A further field that an organization, project or document gives its requirements",
    label: "name",
    parent: { key: "organization_id", type: "organization" },
    fields: {
      name: name(255),
      organization_id: parentKey,
      property_type: {
        ...choice(
          "text",
          "number",
          "boolean",
          "date",
          "url",
          "array",
          "enum",
          "entity_reference",
          "select",
          "multi_select",
          "file",
        ),
        required: true,
      },
      scope: { ...choice("organization", "project", "document"), fixed: true },
      project_id: { type: "uuid", schema: z.uuid(), nullable: true, fixed: true },
      document_id: { type: "uuid", schema: z.uuid(), nullable: true, fixed: true },
      options: json,
    },
    derived: {},
  },
  profile: {
    type: "profile",
    table: "profiles",
    title: "A person, made the first time they sign in",
    label: "full_name",
    fields: {
      full_name: { type: "text", schema: text(255), nullable: true },
      avatar_url: { type: "text", schema: z.url().max(2000), nullable: true },
      job_title: { type: "text", schema: text(255), nullable: true },
      preferences: json,
    },
    derived: { email: "text", status: "text", personal_organization_id: "uuid" },
  },
};

/** Every column of an entity that results may show, with its type. */
export function columnsOf(entity: Entity): Readonly<Record<string, ColumnType>> {
  const own = Object.fromEntries(
    Object.entries(entity.fields).map(([column, field]) => [column, field.type]),
  );
  return { ...COMMON, ...own, ...entity.derived };
}

/** The select list of an entity, under an alias. Only the owner sees what a profile keeps for its owner. */
export function selectList(entity: Entity, alias: string): string {
  return Object.keys(columnsOf(entity))
    .map((column) =>
      entity.type === "profile" && OWNER_ONLY.has(column)
        ? `case when ${alias}.id = atoms_me() then ${alias}.${column} end as ${column}`
        : `${alias}.${column}`,
    )
    .join(", ");
}

/** Columns of a profile that only its owner sees; nobody filters or sorts by them. */
export const OWNER_ONLY = new Set(["preferences", "personal_organization_id"]);
