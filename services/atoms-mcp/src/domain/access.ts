import type { Sql } from "../storage/database.js";
import type { EntityType } from "./entities.js";

/** The caller's live roles around a record; null means not a member. */
export interface Standing {
  readonly organization: "member" | "admin" | "owner" | null;
  readonly project: "viewer" | "editor" | "maintainer" | "admin" | "owner" | null;
}

/** What somebody may want to do to a record. `purge` is deleting for good. */
export type Action = "create" | "update" | "delete" | "purge";

/** Where a record lives: what roles around it count. */
export interface Location {
  readonly organization: string | null;
  readonly project: string | null;
  /** Of a property only. */
  readonly scope?: string;
}

const ADMINS = ["admin", "owner"];
const EDITORS = ["editor", "maintainer", "admin", "owner"];

/**
 * The access rules, as the application tells them; the policies in the database say the same for safety.
 * @param standing the caller's roles around the record (for create: around its parent)
 */
export function may(action: Action, type: EntityType, standing: Standing, scope = "organization"): boolean {
  const orgAdmin = is(standing.organization, ADMINS);
  const orgOwner = standing.organization === "owner";
  const projectAdmin = is(standing.project, ADMINS);
  const projectOwner = standing.project === "owner";
  const editor = is(standing.project, EDITORS) || orgAdmin;
  switch (type) {
    case "organization":
      return action === "create" || (action === "update" ? orgAdmin : orgOwner);
    case "project":
      if (action === "create") return standing.organization !== null;
      return action === "update" ? projectAdmin || orgAdmin : projectOwner || orgOwner;
    case "document":
    case "test":
      if (action === "purge") return projectOwner;
      return action === "delete" ? projectAdmin : editor;
    case "requirement":
    case "block":
      return action === "purge" ? projectOwner || orgOwner : editor;
    case "property":
      if (action === "purge") return orgOwner;
      return orgAdmin || (scope !== "organization" && editor);
    case "profile":
      // Own row only: whose row it is, the caller of this function knows.
      return action === "update";
  }
}

/** Reads the caller's roles around a location. */
export async function standingAt(
  sql: Sql,
  location: Pick<Location, "organization" | "project">,
): Promise<Standing> {
  const [row] = await sql.query<Standing>(
    `select atoms_org_role($1::uuid) as organization, atoms_project_role($2::uuid) as project`,
    [location.organization, location.project],
  );
  return row ?? { organization: null, project: null };
}

const LOCATIONS: Record<EntityType, string> = {
  organization: "select id as organization, null::uuid as project from organizations where id = $1",
  project: "select organization_id as organization, id as project from projects where id = $1",
  document:
    "select atoms_org_of(project_id) as organization, project_id as project from documents where id = $1",
  test: "select atoms_org_of(project_id) as organization, project_id as project from test_req where id = $1",
  requirement: inDocument("requirements"),
  block: inDocument("blocks"),
  property: `select organization_id as organization, scope,
               coalesce(project_id, atoms_project_of('document', document_id)) as project from properties where id = $1`,
  profile: "select null::uuid as organization, null::uuid as project from profiles where id = $1",
};

function inDocument(table: string): string {
  return `select atoms_org_of(atoms_project_of('document', document_id)) as organization,
                 atoms_project_of('document', document_id) as project from ${table} where id = $1`;
}

/** Where a record lives, or undefined when the caller cannot see it. */
export async function locate(sql: Sql, type: EntityType, id: string): Promise<Location | undefined> {
  const [row] = await sql.query<Location>(LOCATIONS[type], [id]);
  return row;
}

function is(role: string | null, roles: string[]): boolean {
  return role !== null && roles.includes(role);
}
