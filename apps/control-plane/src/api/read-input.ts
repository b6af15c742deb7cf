import { z } from "zod";

type Shape = {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
};

const shapes = new WeakMap<z.ZodType, Shape>();

/** A schema as JSON Schema 2020-12, of what is sent. */
export function jsonSchemaOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;
  shapes.set(schema, made);
  return made;
}

/**
 * Reads what a GET is asked with: the whole as JSON in `input`, or each member by its own name, where text stands as it
 * is and everything else is JSON: `?limit=5&release=rel_1&all=true`.
 */
export function inputFromQuery(query: Record<string, string>, schema: z.ZodType): unknown {
  const { input } = query;
  const { properties = {} } = jsonSchemaOf(schema);
  if (input !== undefined && !("input" in properties)) return parsed(input);
  return Object.fromEntries(
    Object.entries(query).map(([name, text]) => {
      const shape = properties[name];
      return [name, shape === undefined || takesText(shape) ? text : parsed(text)];
    }),
  );
}

const takesText = (shape: Shape): boolean =>
  shape.type === "string" ||
  shape.enum?.some((one) => typeof one === "string") === true ||
  shape.anyOf?.some(takesText) === true;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
