import { isObject } from "../answer.js";

/** A schema object; `true` is read as one without keywords. */
export type SchemaObject = Record<string, unknown>;

/** What stands at a reference such as `#/$defs/Filter`; undefined when it leads nowhere or out of the document. */
function pointed(root: unknown, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  return reference
    .slice(2)
    .split("/")
    .map((part) => decoded(part).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((so, key) => {
      if (Array.isArray(so)) return so[Number(key)];
      return isObject(so) && Object.hasOwn(so, key) ? so[key] : undefined;
    }, root);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Keywords that say nothing about which values are right. */
export const annotations: ReadonlySet<string> = new Set([
  "$comment",
  "$defs",
  "$id",
  "$schema",
  "default",
  "definitions",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

/**
 * Follows a schema's reference to what it stands for.
 * @returns `false` for a schema that takes nothing; `reference` is the last one followed; undefined when a reference
 * leads nowhere, in a circle, or has rules of its own beside it.
 */
export function resolved(
  schema: unknown,
  root: unknown,
): { is: SchemaObject | false; reference: string } | undefined {
  let at: unknown = schema;
  let reference = "";
  for (let steps = 0; steps < 32; steps++) {
    if (at === false) return { is: false, reference };
    if (at === undefined || at === true) return { is: {}, reference };
    if (!isObject(at)) return undefined;
    const { $ref } = at;
    if ($ref === undefined) return { is: at, reference };
    const alone = Object.keys(at).every((key) => key === "$ref" || annotations.has(key));
    if (typeof $ref !== "string" || !alone) return undefined;
    reference = $ref;
    at = pointed(root, $ref);
    if (at === undefined) return undefined;
  }
  return undefined;
}
