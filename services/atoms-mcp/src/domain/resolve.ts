import type { Sql } from "../storage/database.js";
import type { Entity } from "./entities.js";
import { notFound, Refusal, type Suggestion } from "./refusal.js";
import { similarity } from "./similarity.js";

/** A record found by id or name. */
export interface Resolved {
  readonly id: string;
  /** The name was only similar. */
  readonly fuzzy: boolean;
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Which records are looked at: live ones, deleted ones, or both. */
export type Deleted = "no" | "only" | "both";
/** The condition that says so. */
export const LIVE: Record<Deleted, string> = { no: "not is_deleted", only: "is_deleted", both: "true" };
const GUESS_FROM = 0.7;
const SUGGEST_FROM = 0.5;
const SUGGESTIONS = 5;
const NAMES_COMPARED = 2000;

/**
 * Finds the record a caller means: by id, or by its name without regard to case, among what the caller can see.
 * @param options `guess` allows a similar name (reading only); `deleted` says which records are looked at
 * @throws Refusal `not_found` with suggestions, or `ambiguous`
 */
export async function resolve(
  sql: Sql,
  entity: Entity,
  reference: string,
  options: { guess: boolean; deleted: Deleted },
): Promise<Resolved> {
  const live = LIVE[options.deleted];
  const { table, label } = entity;
  if (UUID.test(reference)) {
    const [row] = await sql.query<{ id: string }>(`select id from ${table} where id = $1 and ${live}`, [
      reference,
    ]);
    if (!row) throw notFound(entity.type);
    return { id: row.id, fuzzy: false };
  }
  const named = options.deleted === "only" ? "is_deleted" : "not is_deleted";
  const exact = await sql.query<{ id: string; name: string }>(
    `select id, ${label} as name from ${table} where ${named} and lower(${label}) = lower($1) order by created_at, id limit 6`,
    [reference],
  );
  const [only, ...others] = exact;
  if (only && others.length === 0) return { id: only.id, fuzzy: false };
  if (only)
    throw ambiguous(
      entity,
      exact.map(({ id, name }) => ({ id, name, score: 1 })),
    );
  // Restoring never guesses, and suggesting deleted names would list what the caller asked not to see.
  if (options.deleted === "only") throw notFound(entity.type);
  const similar = await similarNames(sql, entity, reference);
  const good = similar.filter(({ score }) => score >= GUESS_FROM);
  const [best, second] = good;
  if (options.guess && best && !second) return { id: best.id, fuzzy: true };
  throw notFound(entity.type, similar);
}

async function similarNames(sql: Sql, entity: Entity, reference: string): Promise<Suggestion[]> {
  const rows = await sql.query<{ id: string; name: string | null }>(
    `select id, ${entity.label} as name from ${entity.table} where not is_deleted order by created_at desc, id limit ${NAMES_COMPARED}`,
  );
  return rows
    .map(({ id, name }) => ({
      id,
      name: name ?? "",
      score: Math.round(similarity(name ?? "", reference) * 100) / 100,
    }))
    .filter(({ score }) => score >= SUGGEST_FROM)
    .sort((a, b) => b.score - a.score || a.id.localeCompare(b.id))
    .slice(0, SUGGESTIONS);
}

function ambiguous(entity: Entity, suggestions: Suggestion[]): Refusal {
  return new Refusal("AMBIGUOUS", `Several records of type ${entity.type} have this name; use an id`, {
    suggestions: suggestions.slice(0, SUGGESTIONS),
  });
}
