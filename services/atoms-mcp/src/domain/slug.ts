import type { Sql } from "../storage/database.js";
import type { Entity } from "./entities.js";
import { invalid, Refusal } from "./refusal.js";

const MAX = 100;
const ATTEMPTS = 20;

/** Lower-case, everything outside a-z0-9 becomes one hyphen, ends trimmed, at most 100 long. */
export function slugify(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return slug.slice(0, MAX).replace(/-+$/, "");
}

/**
 * The slug a caller asked for, normalised.
 * @throws Refusal when nothing is left or it begins with a digit
 */
export function explicitSlug(text: string): string {
  const slug = slugify(text);
  if (!/^[a-z]/.test(slug)) throw invalid("slug", "must start with a letter");
  return slug;
}

/** The slug derived from a name; a bad start gets the entity's first letter in front. */
export function derivedSlug(name: string, entity: Entity): string {
  const slug = slugify(name);
  if (/^[a-z]/.test(slug)) return slug;
  return `${entity.type.charAt(0)}-${slug}`.slice(0, MAX).replace(/-+$/, "");
}

/**
 * Inserts a row under a slug of its own. A given slug is used as it is or refused; a derived one gets `-2`, `-3` and
 * so on while it is taken, also when somebody else takes it at the same moment.
 * @param insert inserts the row with a slug; throws 23505 when the slug is taken
 */
export async function withSlug(
  sql: Sql,
  entity: Entity,
  wish: { given?: string | undefined; name: string; parent: string | null },
  insert: (slug: string) => Promise<void>,
): Promise<void> {
  if (wish.given !== undefined) {
    const slug = explicitSlug(wish.given);
    return insertOrRefuse(slug, insert);
  }
  const base = derivedSlug(wish.name, entity);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const [row] = await sql.query<{ slug: string }>("select atoms_free_slug($1, $2, $3) as slug", [
      entity.type,
      wish.parent,
      base,
    ]);
    await sql.query("savepoint slug");
    try {
      await insert(row?.slug ?? base);
      await sql.query("release savepoint slug");
      return;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      await sql.query("rollback to savepoint slug");
    }
  }
  throw new Refusal(
    "DUPLICATE_ENTRY",
    "Too many records are being made under this name; try again, or give a slug",
  );
}

async function insertOrRefuse(slug: string, insert: (slug: string) => Promise<void>): Promise<void> {
  try {
    await insert(slug);
  } catch (error) {
    if (isDuplicate(error)) throw slugTaken();
    throw error;
  }
}

/** Somebody else's live record has this slug. */
export function slugTaken(): Refusal {
  return new Refusal("DUPLICATE_ENTRY", "This slug is taken", {
    details: [{ field: "slug", issue: "taken" }],
  });
}

/** Whether the database refused a row because another one like it is there. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === "23505";
}
