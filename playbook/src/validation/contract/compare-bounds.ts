import { canonical } from "./canonical.js";
import type { SchemaObject } from "./references.js";
import type { SchemaChange } from "./schema-change.js";

/** A limit, with whether the limit itself is out. */
type Bound = { at: number; without: boolean };

const names = {
  string: { lower: "minLength", upper: "maxLength", what: "length" },
  array: { lower: "minItems", upper: "maxItems", what: "items" },
  object: { lower: "minProperties", upper: "maxProperties", what: "members" },
} as const;

/**
 * Compares the limits of numbers, or of the sizes of strings, arrays and objects.
 * @param whole Only whole numbers are in question: then "over 0" and "at least 1" are the same.
 */
export function compareBounds(
  of: "number" | "string" | "array" | "object",
  was: SchemaObject,
  is: SchemaObject,
  path: string,
  whole = false,
): SchemaChange[] {
  if (of !== "number") {
    const { lower, upper, what } = names[of];
    return [
      ...compareBound("least", what, sizeAt(was[lower], 0), sizeAt(is[lower], 0), path),
      ...compareBound("most", what, sizeAt(was[upper]), sizeAt(is[upper]), path),
    ];
  }
  // Draft 4 wrote exclusiveMinimum: true; nobody can say which draft is meant, so a change of it is not judged.
  for (const keyword of ["exclusiveMinimum", "exclusiveMaximum"]) {
    const odd = [was[keyword], is[keyword]].some((value) => typeof value === "boolean");
    if (odd && canonical([limits(was), was["type"]]) !== canonical([limits(is), is["type"]]))
      return [{ path, effect: "both", saw: "has other limits" }];
  }
  const lower = (schema: SchemaObject) =>
    tighter("least", schema["minimum"], schema["exclusiveMinimum"], whole);
  const upper = (schema: SchemaObject) =>
    tighter("most", schema["maximum"], schema["exclusiveMaximum"], whole);
  return [
    ...compareBound("least", "", lower(was), lower(is), path),
    ...compareBound("most", "", upper(was), upper(is), path),
    ...compareSteps(was["multipleOf"], is["multipleOf"], path),
  ];
}

const limits = (schema: SchemaObject) =>
  ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].map((keyword) => schema[keyword] ?? null);

function sizeAt(value: unknown, none?: number): Bound | undefined {
  const at = typeof value === "number" ? value : none;
  return at === undefined || at === none ? undefined : { at, without: false };
}

function tighter(
  side: "least" | "most",
  limit: unknown,
  exclusive: unknown,
  whole: boolean,
): Bound | undefined {
  const sign = side === "least" ? 1 : -1;
  const bounds: Bound[] = [];
  if (typeof limit === "number") bounds.push({ at: limit, without: false });
  if (typeof exclusive === "number") bounds.push({ at: exclusive, without: true });
  const inWholes = ({ at, without }: Bound): Bound => {
    const up = side === "least" ? Math.ceil(at) : Math.floor(at);
    return { at: without && up === at ? at + sign : up, without: false };
  };
  const all = whole ? bounds.map(inWholes) : bounds;
  return all.reduce<Bound | undefined>(
    (so, one) => (so === undefined || isTighter(side, one, so) ? one : so),
    undefined,
  );
}

const isTighter = (side: "least" | "most", a: Bound, b: Bound) => {
  const further = side === "least" ? a.at > b.at : a.at < b.at;
  return further || (a.at === b.at && a.without && !b.without);
};

function compareBound(
  side: "least" | "most",
  what: string,
  was: Bound | undefined,
  is: Bound | undefined,
  path: string,
): SchemaChange[] {
  if (was?.at === is?.at && was?.without === is?.without) return [];
  const words = (bound: Bound | undefined) =>
    bound === undefined ? "none" : `${bound.at}${bound.without ? " (itself not taken)" : ""}`;
  const narrowed = is !== undefined && (was === undefined || isTighter(side, is, was));
  const of = what === "" ? "" : ` of ${what}`;
  const saw = `had ${words(was)} as ${side === "least" ? "the least" : "the most"}${of}, has ${words(is)}`;
  return [{ path, effect: narrowed ? "narrowed" : "widened", saw }];
}

function compareSteps(was: unknown, is: unknown, path: string): SchemaChange[] {
  if (was === is || (was === undefined && is === undefined)) return [];
  const saw = `had to be a multiple of ${was ?? "nothing"}, now of ${is ?? "nothing"}`;
  const divides = (a: unknown, b: unknown) =>
    typeof a === "number" && typeof b === "number" && Number.isInteger(b / a);
  const effect =
    is === undefined || divides(is, was)
      ? "widened"
      : was === undefined || divides(was, is)
        ? "narrowed"
        : "both";
  return [{ path, effect, saw }];
}
