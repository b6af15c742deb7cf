import type { Identity } from "../auth/identity.js";
import type { Database, Sql } from "../storage/database.js";

/** A caller as the tools know them. */
export interface User {
  /** The profile's id; what results call `user_id`. */
  readonly id: string;
  /** The token's subject; only ever used to set the claims of a transaction. */
  readonly sub: string;
  readonly personalOrganizationId: string;
}

const SLUG_ATTEMPTS = 50;

/**
 * The profile of a caller. An unknown subject gets, in one transaction and once even under concurrency, a profile, a
 * personal organization and an owner membership.
 * @param uuid makes ids
 */
export async function ensureUser(database: Database, identity: Identity, uuid: () => string): Promise<User> {
  const known = userOf(await database.lookUp<ProfileRow>("profile", PROFILE, [identity.sub]), identity.sub);
  if (known) return known;
  return database.asService("profile", async (sql) => {
    const id = uuid();
    const organizationId = uuid();
    const local = localPart(identity) ?? `user-${id.slice(0, 8)}`;
    const name = identity.name ?? local;
    // The unique index decides between two first sights at once: the second waits here, then finds the first's row.
    const created = await sql.query(
      `insert into profiles (id, external_id, email, full_name, personal_organization_id, created_by, updated_by)
       values ($1, $2, $3, $4, $5, $1, $1) on conflict (external_id) do nothing returning id`,
      [id, identity.sub, identity.email ?? null, name, organizationId],
    );
    if (created.length === 0) {
      const other = userOf(await sql.query<ProfileRow>(PROFILE, [identity.sub]), identity.sub);
      if (!other) throw new Error("a profile that exists cannot be read");
      return other;
    }
    await insertOrganization(sql, organizationId, id, `${name.slice(0, 200)}'s Workspace`, local);
    await sql.query(
      `insert into organization_members (id, organization_id, user_id, role, created_by, updated_by)
       values ($1, $2, $3, 'owner', $3, $3)`,
      [uuid(), organizationId, id],
    );
    return { id, sub: identity.sub, personalOrganizationId: organizationId };
  });
}

type ProfileRow = { id: string; personal: string };
const PROFILE =
  "select id, personal_organization_id as personal from profiles where external_id = $1 and not is_deleted";

function userOf([row]: ProfileRow[], sub: string): User | undefined {
  return row && { id: row.id, sub, personalOrganizationId: row.personal };
}

async function insertOrganization(
  sql: Sql,
  id: string,
  owner: string,
  name: string,
  local: string,
): Promise<void> {
  for (let attempt = 1; attempt <= SLUG_ATTEMPTS; attempt += 1) {
    const slug = `${local}-personal${attempt === 1 ? "" : `-${attempt}`}`;
    const made = await sql.query(
      `insert into organizations (id, name, slug, type, created_by, updated_by)
       values ($1, $2, $3, 'personal', $4, $4) on conflict (slug) where not is_deleted do nothing returning id`,
      [id, name, slug, owner],
    );
    if (made.length > 0) return;
  }
  throw new Error("no free slug for a personal organization");
}

/** The part of the email before the at sign, as a slug; undefined when there is none. */
function localPart(identity: Identity): string | undefined {
  const slug = (identity.email ?? "")
    .split("@")[0]
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80);
  if (slug === undefined || slug === "") return undefined;
  return /^[a-z]/.test(slug) ? slug : `u-${slug}`;
}
