import { isObject, quoted } from "../answer.js";
import type { SchemaObject } from "./references.js";

/** Whole numbers apart from the rest, for "integer" is the narrower half of "number". */
export const allTypes = ["null", "boolean", "integer", "fraction", "string", "array", "object"] as const;
export type ValueType = (typeof allTypes)[number];

const typeOf = (value: unknown): ValueType => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  return typeof value as ValueType;
};

/** The values a schema lists one by one; undefined when it lists none. */
export function listedValues(schema: SchemaObject): unknown[] | undefined {
  if (Object.hasOwn(schema, "const")) return [schema["const"]];
  return Array.isArray(schema["enum"]) ? schema["enum"] : undefined;
}

/** The types of the values that a schema may take. */
export function typesOf(schema: SchemaObject): Set<ValueType> {
  const named = [schema["type"]].flat().filter((type): type is string => typeof type === "string");
  const types = new Set<ValueType>(
    named.length === 0
      ? allTypes
      : named.flatMap((type): ValueType[] => {
          if (type === "number") return ["integer", "fraction"];
          return allTypes.filter((one) => one === type);
        }),
  );
  const listed = listedValues(schema);
  if (listed === undefined) return types;
  return new Set(listed.map(typeOf).filter((type) => types.has(type)));
}

/** Types as people say them. */
export function typeWords(types: ReadonlySet<ValueType>): string {
  if (types.size === allTypes.length) return "anything";
  if (types.size === 0) return "nothing";
  const words = allTypes
    .filter((type) => types.has(type) && !(type === "integer" && types.has("fraction")))
    .map((type) => (type === "fraction" ? (types.has("integer") ? "number" : "fraction") : type));
  return words.join(" or ");
}

/** A value as it is quoted in a finding. */
export const valueWords = (value: unknown): string => quoted(JSON.stringify(value) ?? "nothing", 60);

/** A schema in one or two words, to tell alternatives apart. */
export function schemaWords(schema: unknown): string {
  if (!isObject(schema)) return "anything";
  const listed = listedValues(schema);
  if (listed !== undefined) return listed.map(valueWords).join(", ");
  if (typeof schema["$ref"] === "string") return quoted(schema["$ref"].split("/").at(-1) ?? "", 40);
  return typeWords(typesOf(schema));
}
