import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compareSchemas } from "./compare-schemas.js";

const object = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: "object",
  properties,
  ...more,
});
const told = (before: unknown, after: unknown) =>
  compareSchemas(before, after).map(({ path, effect, saw }) => `${effect} ${path}: ${saw}`);

describe("compareSchemas", () => {
  const base = object({ q: { type: "string" }, limit: { type: "integer", minimum: 1, maximum: 50 } });
  it.each<{ name: string; before?: unknown; after: unknown; changes: string[] }>([
    { name: "nothing", after: structuredClone(base), changes: [] },
    {
      name: "a new required argument",
      after: object({ ...base.properties, tenant: { type: "string" } }, { required: ["tenant"] }),
      changes: ["narrowed tenant: is new and required"],
    },
    {
      name: "a new optional argument",
      after: object({ ...base.properties, tenant: { type: "string" } }),
      changes: ["extended tenant: is new and may be left out"],
    },
    {
      name: "an argument that became required",
      after: object(base.properties, { required: ["q"] }),
      changes: ["narrowed q: is required now"],
    },
    {
      name: "an argument that is gone",
      after: object({ q: { type: "string" } }),
      changes: ["both limit: is gone"],
    },
    {
      name: "a bound tightened, another loosened",
      after: object({ ...base.properties, limit: { type: "integer", minimum: 0, maximum: 20 } }),
      changes: ["widened limit: had 1 as the least, has 0", "narrowed limit: had 50 as the most, has 20"],
    },
    {
      name: "the same bound said otherwise",
      after: object({ ...base.properties, limit: { type: "integer", exclusiveMinimum: 0, maximum: 50 } }),
      changes: [],
    },
    {
      name: "a type narrowed",
      before: { type: ["string", "number"] },
      after: { type: "integer" },
      changes: ["narrowed : took number or string, takes integer"],
    },
    {
      name: "a type exchanged",
      before: { type: "string" },
      after: { type: "array" },
      changes: ["both : took string, takes array"],
    },
    {
      name: "a value of an enumeration taken away, another added",
      before: { enum: ["a", "b"] },
      after: { enum: ["b", "c"] },
      changes: ['narrowed : no longer takes "a"', 'widened : takes "c" too'],
    },
    {
      name: "an object closed",
      after: { ...base, additionalProperties: false },
      changes: ["narrowed : takes no other members any more"],
    },
    {
      name: "null no longer taken, as generators write it",
      before: { anyOf: [{ type: "string" }, { type: "null" }] },
      after: { type: "string" },
      changes: ["narrowed : no longer takes null as before"],
    },
    {
      name: "one spelling of null for another",
      before: { type: ["string", "null"] },
      after: { anyOf: [{ type: "string" }, { type: "null" }] },
      changes: [],
    },
    {
      name: "a change inside an alternative",
      before: { anyOf: [{ type: "string" }, { type: "null" }] },
      after: { anyOf: [{ type: "string", maxLength: 5 }, { type: "null" }] },
      changes: ["narrowed : had none as the most of length, has 5"],
    },
    {
      name: "a change behind a reference that looks the same",
      before: { $ref: "#/$defs/Id", $defs: { Id: { type: "string" } } },
      after: { $ref: "#/$defs/Id", $defs: { Id: { type: "string", pattern: "^x" } } },
      changes: ["narrowed : has a pattern now"],
    },
    {
      name: "a recursive schema",
      before: { $ref: "#/$defs/Node", $defs: { Node: object({ next: { $ref: "#/$defs/Node" } }) } },
      after: {
        $ref: "#/$defs/Node",
        $defs: {
          Node: object({ next: { $ref: "#/$defs/Node" }, name: { type: "string" } }, { required: ["name"] }),
        },
      },
      changes: ["narrowed name: is new and required"],
    },
    {
      name: "a deep place",
      before: object({ filters: { type: "array", items: object({ op: { enum: ["eq", "ne"] } }) } }),
      after: object({ filters: { type: "array", items: object({ op: { enum: ["eq"] } }) } }),
      changes: ['narrowed filters[].op: no longer takes "ne"'],
    },
    {
      name: "what cannot be judged, which is not taken for harmless",
      before: { type: "string", not: { const: "x" } },
      after: { type: "string", not: { const: "y" } },
      changes: ["both : has another not"],
    },
    {
      name: "words alone",
      before: { type: "string", description: "a", default: "x" },
      after: { type: "string", description: "b", default: "y" },
      changes: ["described : is described otherwise", 'described : had the default "x", has "y"'],
    },
    {
      name: "a limit on what is no longer that type anyway",
      before: { type: "string" },
      after: { type: "string", minimum: 5 },
      changes: [],
    },
    {
      name: "alternatives of which exactly one may hold, told apart by kind",
      before: { oneOf: [object({ kind: { const: "a" } }, { required: ["kind"] })] },
      after: {
        oneOf: [
          object({ kind: { const: "a" } }, { required: ["kind"] }),
          object({ kind: { const: "b" } }, { required: ["kind"] }),
        ],
      },
      changes: ["widened : takes object too"],
    },
    {
      name: "alternatives of which exactly one may hold, which overlap",
      before: { oneOf: [{ type: "string" }] },
      after: { oneOf: [{ type: "string" }, { type: "string", maxLength: 3 }] },
      changes: ["both : takes exactly one of other alternatives"],
    },
  ])("$name", ({ before = base, after, changes }) => expect(told(before, after)).toEqual(changes));

  it("ends on a schema made to hold it up", () => {
    const knotted = (end: unknown) => ({
      $ref: "#/$defs/n0",
      $defs: Object.fromEntries(
        Array.from({ length: 12 }, (_, level) => [
          `n${level}`,
          level === 11
            ? end
            : {
                anyOf: ["a", "b", "c", "d"].map((name) =>
                  object({ [name]: { items: { $ref: `#/$defs/n${level + 1}` } } }),
                ),
              },
        ]),
      ),
    });
    expect(told(knotted({ type: "string" }), knotted({ type: "integer" }))).toEqual([
      "both : is too deep or too large to be compared",
    ]);
    expect(told({ $ref: "#" }, { $ref: "#/x" })).toEqual([
      "both : refers to something that cannot be followed",
    ]);
  });
});

// Schemas as tools have them, and values that their declared members allow; zod's own reading of JSON Schema is the judge.
const words = ["a", "b", "c", "dd"];
const leaf = fc.oneof(
  fc.record(
    {
      type: fc.constant("integer"),
      minimum: fc.integer({ min: 0, max: 3 }),
      maximum: fc.integer({ min: 3, max: 6 }),
    },
    { requiredKeys: ["type"] },
  ),
  fc.record({ type: fc.constant("number") }),
  fc.record(
    {
      type: fc.constant("string"),
      minLength: fc.integer({ min: 0, max: 2 }),
      maxLength: fc.integer({ min: 2, max: 3 }),
    },
    { requiredKeys: ["type"] },
  ),
  fc.record({ type: fc.constant("string"), enum: fc.subarray(words, { minLength: 1 }) }),
  fc.constant({ type: "boolean" }),
  fc.constant({ anyOf: [{ type: "string" }, { type: "null" }] }),
  fc.constant({ anyOf: [{ type: "integer" }, { type: "string", maxLength: 1 }] }),
);
const schemas = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom("x", "y", "z"), tie("schema"), { maxKeys: 3 }),
        closed: fc.boolean(),
        needs: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      })
      .map(({ properties, closed, needs }) => ({
        type: "object",
        properties,
        required: Object.keys(properties).filter((_, i) => needs[i]),
        ...(closed ? { additionalProperties: false } : {}),
      })),
    fc
      .record({ items: tie("schema"), minItems: fc.integer({ min: 0, max: 1 }) })
      .map(({ items, minItems }) => ({ type: "array", items, minItems })),
  ),
})).schema;

const scalar = fc.oneof(
  fc.constantFrom(...words, "", "eeee"),
  fc.integer({ min: -1, max: 8 }),
  fc.constantFrom(0.5, true, null),
);

/** Values made of the members that a schema declares; right or wrong in everything else. */
function someValue(schema: Record<string, unknown>): fc.Arbitrary<unknown> {
  if (schema["type"] === "object") {
    const members = Object.entries(schema["properties"] as Record<string, Record<string, unknown>>);
    return fc.record(Object.fromEntries(members.map(([name, inner]) => [name, someValue(inner)])), {
      requiredKeys: [],
    });
  }
  if (schema["type"] === "array")
    return fc.array(someValue(schema["items"] as Record<string, unknown>), { maxLength: 2 });
  return scalar;
}

const judge = (schema: Record<string, unknown>) => {
  const read = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  return (value: unknown) => read.safeParse(value).success;
};

/** A schema, and one that was made of it by some changes. */
const versions = fc.tuple(schemas, schemas, fc.nat()).map(([one, other, seed]) => {
  const mixed = structuredClone(one);
  const inner = mixed["properties"] as Record<string, unknown> | undefined;
  const names = Object.keys(inner ?? {});
  const name = names[seed % Math.max(1, names.length)];
  if (inner !== undefined && name !== undefined && seed % 3 > 0) {
    if (seed % 3 === 1) inner[name] = other;
    else inner["w"] = other;
    return [one, mixed] as const;
  }
  return [one, other] as const;
});

describe("compareSchemas, for any schemas", () => {
  it("finds no change between a schema and itself, whatever the order of its members", () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        const turned = (value: unknown): unknown =>
          Array.isArray(value)
            ? value.map(turned)
            : typeof value === "object" && value !== null
              ? Object.fromEntries(
                  Object.entries(value)
                    .reverse()
                    .map(([k, v]) => [k, turned(v)]),
                )
              : value;
        expect(compareSchemas(schema, turned(schema))).toEqual([]);
      }),
    );
  });

  it("names a narrowing whenever a value that was right is not any more", () => {
    let refused = 0;
    fc.assert(
      fc.property(
        versions.chain(([was, is]) =>
          fc.tuple(
            fc.constant(was),
            fc.constant(is),
            fc.array(someValue(was), { minLength: 8, maxLength: 8 }),
          ),
        ),
        ([was, is, values]) => {
          const [before, after] = [judge(was), judge(is)];
          const lost = values.some((value) => before(value) && !after(value));
          if (!lost) return;
          refused++;
          const effects = compareSchemas(was, is).map((change) => change.effect);
          expect(effects.some((effect) => effect === "narrowed" || effect === "both")).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
    // The property says something only if such values were met.
    expect(refused).toBeGreaterThan(50);
  });

  it("names a widening whenever a value that was wrong is right now", () => {
    let gained = 0;
    fc.assert(
      fc.property(
        versions.chain(([was, is]) =>
          fc.tuple(
            fc.constant(was),
            fc.constant(is),
            fc.array(someValue(is), { minLength: 8, maxLength: 8 }),
          ),
        ),
        ([was, is, values]) => {
          const [before, after] = [judge(was), judge(is)];
          if (!values.some((value) => !before(value) && after(value))) return;
          gained++;
          const effects = compareSchemas(was, is).map((change) => change.effect);
          expect(effects.some((effect) => effect === "widened" || effect === "both")).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
    expect(gained).toBeGreaterThan(50);
  });
});
