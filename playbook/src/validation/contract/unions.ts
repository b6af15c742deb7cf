import { isObject } from "../answer.js";
import { canonical } from "./canonical.js";
import { annotations, resolved, type SchemaObject } from "./references.js";
import { listedValues, typesOf } from "./schema-words.js";

/**
 * The alternatives of a schema, one when it has none.
 * @param split Also takes a list of types apart, to be held against alternatives that are written out.
 * @returns "mixed" when a union has rules of its own beside it.
 */
export function alternativesOf(schema: SchemaObject, split = false): unknown[] | "mixed" {
  const unions = ["anyOf", "oneOf"].filter((key) => Array.isArray(schema[key]));
  const [key] = unions;
  if (key !== undefined) {
    const alone = Object.keys(schema).every(
      (other) => other === key || annotations.has(other) || isTypeOf(schema, other),
    );
    return unions.length > 1 || !alone ? "mixed" : (schema[key] as unknown[]);
  }
  const types = schema["type"];
  if (!split || !Array.isArray(types) || types.length < 2) return [schema];
  return types.map((type: unknown) => ({ ...schema, type }));
}

/** Some generators repeat `type` beside alternatives that all are of it; it adds nothing then. */
function isTypeOf(schema: SchemaObject, key: string): boolean {
  const all = [schema["anyOf"], schema["oneOf"]].flat().filter((one) => one !== undefined);
  return key === "type" && all.every((one) => isObject(one) && one["type"] === schema["type"]);
}

/** Whether no value can be right for two of the schemas, as far as that can be seen. */
export function pairwiseDisjoint(schemas: readonly unknown[], root: unknown): boolean {
  if (schemas.length > 100) return false;
  return schemas.every((one, i) => schemas.slice(i + 1).every((other) => disjoint(one, other, root, 0)));
}

function disjoint(one: unknown, other: unknown, root: unknown, depth: number): boolean {
  const [a, b] = [resolved(one, root)?.is, resolved(other, root)?.is];
  if (a === false || b === false) return true;
  if (a === undefined || b === undefined || depth > 5) return false;
  const types = typesOf(b);
  if (![...typesOf(a)].some((type) => types.has(type))) return true;
  const [listed, others] = [listedValues(a), listedValues(b)?.map(canonical)];
  if (listed !== undefined && others !== undefined)
    return !listed.some((value) => others.includes(canonical(value)));
  // Told apart by a member that both must have, such as `kind`.
  const onlyObjects = [a, b].every((schema) => [...typesOf(schema)].every((type) => type === "object"));
  if (!onlyObjects) return false;
  const needed = [a["required"], b["required"]].map((names) => (Array.isArray(names) ? names : []));
  const common = (needed[0] ?? []).filter((name) => needed[1]?.includes(name));
  const member = (schema: SchemaObject, name: string) =>
    isObject(schema["properties"]) ? schema["properties"][name] : undefined;
  return common.some((name: string) => disjoint(member(a, name), member(b, name), root, depth + 1));
}
