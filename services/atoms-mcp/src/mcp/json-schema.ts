import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import type { z } from "zod";

const TARGET = { target: "draft-2020-12" } as const;
const inputs = new WeakMap<z.ZodType, Record<string, unknown>>();
const prepared = new WeakMap<z.ZodType, StandardSchemaWithJSON>();

/** A tool's arguments as JSON Schema. A schema never changes, so this is made once. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const json = inputs.get(schema) ?? schema["~standard"].jsonSchema.input(TARGET);
  inputs.set(schema, json);
  return json;
}

/**
 * The same schema with its JSON forms made beforehand. A server is built per request and asks for them each time,
 * which cost more than the request itself.
 */
export function prepare(schema: z.ZodType): StandardSchemaWithJSON {
  const known = prepared.get(schema);
  if (known) return known;
  const standard = schema["~standard"];
  const output = standard.jsonSchema.output(TARGET);
  const made = {
    "~standard": { ...standard, jsonSchema: { input: () => jsonSchemaOf(schema), output: () => output } },
  } as unknown as StandardSchemaWithJSON;
  prepared.set(schema, made);
  return made;
}
