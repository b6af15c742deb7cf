import { z } from "zod";
import { type ColumnType, columnsOf, type Entity, OWNER_ONLY } from "./entities.js";
import { invalid } from "./refusal.js";

const scalar = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);
const operators = z
  .strictObject({
    eq: scalar,
    neq: scalar,
    gt: scalar,
    gte: scalar,
    lt: scalar,
    lte: scalar,
    like: z.string().max(1000),
    ilike: z.string().max(1000),
    in: z.array(scalar).max(500),
    not_in: z.array(scalar).max(500),
    contains: z.json(),
    is_null: z.boolean(),
  })
  .partial();

/** Field to value (equality, null for "is null") or to an object of operators. */
export const Filters = z.record(z.string().max(100), z.union([scalar, operators]));
export type Filters = z.output<typeof Filters>;

/** A list of bound values under construction; `add` answers the placeholder. */
export class Values {
  readonly list: unknown[] = [];
  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

const COMPARE: Record<string, string> = { eq: "=", neq: "<>", gt: ">", gte: ">=", lt: "<", lte: "<=" };

/** The columns callers may filter and sort an entity by. */
export function filterable(entity: Entity): Map<string, ColumnType> {
  return new Map(
    Object.entries(columnsOf(entity)).filter(
      ([column]) => !(entity.type === "profile" && OWNER_ONLY.has(column)),
    ),
  );
}

/**
 * Turns filters into SQL conditions over `alias`. Names are checked against the known columns; values are bound.
 * @throws Refusal for an unknown field or a value that does not fit
 */
export function conditions(
  filters: Filters,
  columns: Map<string, ColumnType>,
  alias: string,
  values: Values,
): string[] {
  return Object.entries(filters).flatMap(([field, wanted]) => {
    const type = columns.get(field);
    if (type === undefined) throw invalid(`filters.${field}`, "no such field");
    const column = `${alias}.${field}`;
    if (wanted === null || typeof wanted !== "object")
      return [compare(column, type, "eq", wanted, field, values)];
    return Object.entries(wanted).map(([operator, value]) =>
      compare(column, type, operator, value, field, values),
    );
  });
}

function compare(
  column: string,
  type: ColumnType,
  operator: string,
  value: unknown,
  field: string,
  values: Values,
): string {
  switch (operator) {
    case "is_null":
      return `${column} is ${value === true ? "" : "not "}null`;
    case "like":
    case "ilike":
      return `${column}::text ${operator} ${values.add(value)}`;
    case "in":
    case "not_in": {
      const items = (value as unknown[]).map((item) => fitting(item, type, field));
      const list = `array(select jsonb_array_elements_text(${values.add(JSON.stringify(items.map(String)))}::jsonb))`;
      const within = `${column}::text = any(${list})`;
      const same = type === "timestamptz" ? `${column} = any(${list}::timestamptz[])` : within;
      return operator === "in" ? same : `(${column} is null or not (${same}))`;
    }
    case "contains":
      if (type === "text[]") {
        const items = Array.isArray(value) ? value : [value];
        return `${column} @> ${values.add(items.map(String))}::text[]`;
      }
      if (type === "jsonb") return `${column} @> ${values.add(JSON.stringify(value))}::jsonb`;
      return `strpos(lower(${column}::text), lower(${values.add(String(value))})) > 0`;
    default: {
      if (value === null) {
        if (operator === "eq") return `${column} is null`;
        if (operator === "neq") return `${column} is not null`;
        throw invalid(`filters.${field}`, `${operator} needs a value`);
      }
      if (type === "jsonb" || type === "text[]")
        throw invalid(`filters.${field}`, "use contains for this field");
      const bound = `${values.add(fitting(value, type, field))}::${type}`;
      const sign = COMPARE[operator] ?? "=";
      return operator === "neq" ? `${column} is distinct from ${bound}` : `${column} ${sign} ${bound}`;
    }
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A value of the column's type, so that a slip is told as such and not as an error of the store. */
function fitting(value: unknown, type: ColumnType, field: string): unknown {
  const fits =
    type === "uuid"
      ? typeof value === "string" && UUID.test(value)
      : type === "int"
        ? typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 2_147_483_647
        : type === "boolean"
          ? typeof value === "boolean"
          : type === "timestamptz"
            ? typeof value === "string" && !Number.isNaN(Date.parse(value))
            : typeof value === "string";
  if (!fits) throw invalid(`filters.${field}`, `expected a value of type ${type}`);
  if (type === "uuid") return String(value).toLowerCase();
  return type === "timestamptz" ? new Date(value as string).toISOString() : value;
}

/**
 * Turns `order_by` into SQL. `id` always comes last, so that pages do not overlap.
 * @throws Refusal for an unknown field
 */
export function ordering(text: string, columns: Map<string, ColumnType>, alias: string): string {
  const keys = text.split(",").map((part) => {
    const match = /^\s*(-?)([a-z_]+)(?::(asc|desc))?\s*$/.exec(part);
    const field = match?.[2] ?? "";
    const type = columns.get(field);
    if (!match || type === undefined || type === "jsonb")
      throw invalid("order_by", "no such field, or not sortable");
    const down = match[1] === "-" || match[3] === "desc";
    return `${alias}.${field} ${down ? "desc nulls last" : "asc nulls last"}`;
  });
  return [...keys, `${alias}.id asc`].join(", ");
}

/** A substring pattern in which `%` and `_` are literal. */
export function substring(term: string): string {
  return `%${term.replace(/[\\%_]/g, "\\$&")}%`;
}
