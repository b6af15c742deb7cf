import type { Sql } from "../storage/database.js";
import type { User } from "./users.js";

/** What a caller is working on, kept per user in the database. Lists are newest first, without repeats. */
export interface WorkspaceContext {
  active_organization: string | null;
  active_project: string | null;
  active_document: string | null;
  recent_organizations: string[];
  recent_projects: string[];
  recent_documents: string[];
}

const KEEP = 10;
const EMPTY: WorkspaceContext = {
  active_organization: null,
  active_project: null,
  active_document: null,
  recent_organizations: [],
  recent_projects: [],
  recent_documents: [],
};

/** Reads the caller's context; records that were deleted or can no longer be seen are left out. */
export async function readContext(sql: Sql, user: User): Promise<WorkspaceContext> {
  const [row] = await sql.query<WorkspaceContext>(
    `select active_organization, active_project, active_document, recent_organizations, recent_projects, recent_documents
     from workspace_contexts where user_id = $1`,
    [user.id],
  );
  if (!row) return { ...EMPTY };
  const organizations = await visible(sql, "organizations", [
    row.active_organization,
    ...row.recent_organizations,
  ]);
  const projects = await visible(sql, "projects", [row.active_project, ...row.recent_projects]);
  const documents = await visible(sql, "documents", [row.active_document, ...row.recent_documents]);
  const still = (ids: Set<string>, id: string | null) => (id !== null && ids.has(id) ? id : null);
  return {
    active_organization: still(organizations, row.active_organization),
    active_project: still(projects, row.active_project),
    active_document: still(documents, row.active_document),
    recent_organizations: row.recent_organizations.filter((id) => organizations.has(id)),
    recent_projects: row.recent_projects.filter((id) => projects.has(id)),
    recent_documents: row.recent_documents.filter((id) => documents.has(id)),
  };
}

/** What to make active: a record with everything above it. */
export interface Place {
  organization: string;
  project?: string | undefined;
  document?: string | undefined;
}

/** Makes a place active and the newest of the recent ones. What lies below the place is no longer active. */
export async function enter(sql: Sql, user: User, place: Place): Promise<void> {
  const [row] = await sql.query<WorkspaceContext>(
    "select recent_organizations, recent_projects, recent_documents from workspace_contexts where user_id = $1",
    [user.id],
  );
  const before = row ?? EMPTY;
  await sql.query(
    `insert into workspace_contexts (user_id, active_organization, active_project, active_document,
                                     recent_organizations, recent_projects, recent_documents)
     values ($1, $2, $3, $4, $5::uuid[], $6::uuid[], $7::uuid[])
     on conflict (user_id) do update set
       active_organization = excluded.active_organization, active_project = excluded.active_project,
       active_document = excluded.active_document, recent_organizations = excluded.recent_organizations,
       recent_projects = excluded.recent_projects, recent_documents = excluded.recent_documents,
       updated_at = clock_timestamp()`,
    [
      user.id,
      place.organization,
      place.project ?? null,
      place.document ?? null,
      newest(place.organization, before.recent_organizations),
      newest(place.project, before.recent_projects),
      newest(place.document, before.recent_documents),
    ],
  );
}

/** Forgets everything about what the caller works on. */
export async function leave(sql: Sql, user: User): Promise<void> {
  await sql.query("delete from workspace_contexts where user_id = $1", [user.id]);
}

/** Where new records go when the caller says `auto`: active, else most recent, else (organization) personal. */
export async function defaults(sql: Sql, user: User) {
  const context = await readContext(sql, user);
  const personal = [...(await visible(sql, "organizations", [user.personalOrganizationId]))][0];
  return {
    organization_id: context.active_organization ?? context.recent_organizations[0] ?? personal ?? null,
    project_id: context.active_project ?? context.recent_projects[0] ?? null,
    document_id: context.active_document ?? context.recent_documents[0] ?? null,
  };
}

function newest(id: string | undefined, before: string[]): string[] {
  return id === undefined ? before : [id, ...before.filter((other) => other !== id)].slice(0, KEEP);
}

async function visible(sql: Sql, table: string, ids: (string | null)[]): Promise<Set<string>> {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  if (wanted.length === 0) return new Set();
  const rows = await sql.query<{ id: string }>(
    `select id from ${table} where id = any($1::uuid[]) and not is_deleted`,
    [wanted],
  );
  return new Set(rows.map((row) => row.id));
}
