import type { z } from "zod";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Every schema that may apply at a path: a union has several. */
function schemasAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  let here = spread(root);
  for (const part of path)
    here = here.flatMap((schema) => {
      const next =
        typeof part === "number"
          ? schema.items
          : (schema.properties?.[String(part)] ?? schema.additionalProperties);
      return typeof next === "object" && !Array.isArray(next) ? spread(next as JsonSchema) : [];
    });
  return here;
}

function spread(schema: JsonSchema): JsonSchema[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [
    schema,
    ...branches.flatMap((branch) => (typeof branch === "object" ? spread(branch as JsonSchema) : [])),
  ];
}

/** Names of the settings that a group may hold. */
export function settingsIn(root: JsonSchema, path: readonly PropertyKey[]): string[] {
  return [...new Set(schemasAt(root, path).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** Words that are allowed as a value. */
export function wordsAt(root: JsonSchema, path: readonly PropertyKey[]): string[] {
  return schemasAt(root, path).flatMap((schema) =>
    [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])].filter(
      (word) => typeof word === "string",
    ),
  );
}

/** Groups, by dotted name, that hold a setting of this name; for one that was written at the wrong place. */
export function homesOf(root: JsonSchema, name: string, limit = 3): string[] {
  const homes: string[] = [];
  const visit = (schema: JsonSchema, path: readonly string[]) => {
    if (path.length > 6) return;
    for (const branch of spread(schema))
      for (const [key, inner] of Object.entries(branch.properties ?? {})) {
        if (key === name) homes.push(path.join("."));
        if (typeof inner === "object") visit(inner as JsonSchema, [...path, key]);
      }
  };
  visit(root, []);
  return [...new Set(homes)].slice(0, limit);
}
