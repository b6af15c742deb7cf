import type { Sql } from "../storage/database.js";
import { standingAt } from "./access.js";
import { COMMON, type ColumnType, ENTITIES } from "./entities.js";
import { conditions, type Filters, Values } from "./filters.js";
import { INVITATION } from "./links.js";
import type { Actor, Row } from "./records.js";
import { badReference, denied, notFound, Refusal } from "./refusal.js";
import { checkMetadata, type Metadata } from "./relationships.js";
import { resolve } from "./resolve.js";

const LIFE_MS = 7 * 24 * 3600 * 1000;
// Listed one by one: the token that accepts an invitation is never shown.
const SHOWN = [...Object.keys(COMMON), ...INVITATION.columns].join(", ");
const COLUMNS = new Map<string, ColumnType>([
  ...Object.entries(COMMON),
  ["organization_id", "uuid"],
  ["email", "text"],
  ["role", "text"],
  ["status", "text"],
  ["expires_at", "timestamptz"],
]);

/** Invites an address into an organization for seven days; one pending invitation per address. */
export async function invite(
  sql: Sql,
  organization: string,
  email: string,
  said: Metadata,
  now: number,
  actor: Actor,
): Promise<Row> {
  const { id, role } = await administered(sql, organization, () => badReference("source"));
  const metadata = checkMetadata(INVITATION, said);
  if (metadata["role"] === "owner" && role !== "owner")
    throw new Refusal("PERMISSION_DENIED", "Only an owner grants the role owner");
  const [made] = await sql.query<Row>(
    `insert into organization_invitations (id, organization_id, email, role, status, token, expires_at, created_by, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning ${SHOWN}`,
    [
      actor.uuid(),
      id,
      email.toLowerCase(),
      metadata["role"] ?? "member",
      metadata["status"] ?? "pending",
      actor.uuid(),
      new Date(now + LIFE_MS),
      actor.user.id,
    ],
  );
  return made as Row;
}

/** Takes an invitation back. */
export async function uninvite(
  sql: Sql,
  organization: string,
  email: string,
  soft: boolean,
  actor: Actor,
): Promise<{ id: string }> {
  const { id } = await administered(sql, organization, () => notFound("invitation"));
  const row = await latest(sql, id, email);
  if (!row) throw notFound("invitation");
  await (soft
    ? sql.query(
        `update organization_invitations set is_deleted = true, deleted_at = clock_timestamp(), deleted_by = $2, status = 'revoked'
         where id = $1`,
        [row.id, actor.user.id],
      )
    : sql.query("delete from organization_invitations where id = $1", [row.id]));
  return { id: row.id };
}

/** Changes the role or status of an invitation. */
export async function changeInvitation(
  sql: Sql,
  organization: string,
  email: string,
  said: Metadata,
  actor: Actor,
): Promise<Row> {
  const { id, role } = await administered(sql, organization, () => notFound("invitation"));
  const metadata = checkMetadata(INVITATION, said);
  if (metadata["role"] === "owner" && role !== "owner")
    throw new Refusal("PERMISSION_DENIED", "Only an owner grants the role owner");
  const row = await latest(sql, id, email);
  if (!row) throw notFound("invitation");
  const [changed] = await sql.query<Row>(
    `update organization_invitations set role = coalesce($2, role), status = coalesce($3, status), version = version + 1,
       updated_at = clock_timestamp(), updated_by = $4 where id = $1 returning ${SHOWN}`,
    [row.id, metadata["role"] ?? null, metadata["status"] ?? null, actor.user.id],
  );
  return changed as Row;
}

/** Whether an address has a live invitation, as far as the caller can see. */
export async function checkInvitation(sql: Sql, organization: string, email: string) {
  const found = await resolve(sql, ENTITIES.organization, organization, {
    guess: false,
    deleted: "no",
  }).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "NOT_FOUND") return undefined;
    throw error;
  });
  const row = found && (await latest(sql, found.id, email));
  return { exists: row !== undefined, relationship: row ?? null };
}

/** The invitations of an organization, newest first; only admins see any. */
export async function listInvitations(
  sql: Sql,
  organization: string,
  request: { filters?: Filters | undefined; limit: number; offset: number },
): Promise<{ rows: Row[]; total: number }> {
  const { id } = await resolve(sql, ENTITIES.organization, organization, { guess: false, deleted: "no" });
  const values = new Values();
  const where = ["not l.is_deleted", `l.organization_id = ${values.add(id)}`];
  where.push(...conditions(request.filters ?? {}, COLUMNS, "l", values));
  const condition = where.join(" and ");
  const [counted] = await sql.query<{ total: number }>(
    `select count(*)::int as total from organization_invitations l where ${condition}`,
    values.list,
  );
  const rows = await sql.query<Row>(
    `select ${SHOWN} from organization_invitations l where ${condition}
     order by l.created_at desc, l.id limit ${values.add(request.limit)} offset ${values.add(request.offset)}`,
    values.list,
  );
  return { rows, total: counted?.total ?? 0 };
}

async function administered(sql: Sql, organization: string, missing: () => Refusal) {
  const { id } = await resolve(sql, ENTITIES.organization, organization, {
    guess: false,
    deleted: "no",
  }).catch((error: unknown) => {
    throw error instanceof Refusal && error.code === "NOT_FOUND" ? missing() : error;
  });
  const { organization: role } = await standingAt(sql, { organization: id, project: null });
  if (role !== "admin" && role !== "owner") throw denied("manage invitations of this organization");
  return { id, role };
}

async function latest(sql: Sql, organization: string, email: string): Promise<Row | undefined> {
  const [row] = await sql.query<Row>(
    `select ${SHOWN} from organization_invitations where organization_id = $1 and email = $2 and not is_deleted
     order by (status = 'pending') desc, created_at desc limit 1`,
    [organization, email.toLowerCase()],
  );
  return row;
}
