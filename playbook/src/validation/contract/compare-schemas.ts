import { isObject } from "../answer.js";
import { canonical } from "./canonical.js";
import { compareBounds } from "./compare-bounds.js";
import { resolved, type SchemaObject } from "./references.js";
import type { SchemaChange } from "./schema-change.js";
import {
  allTypes,
  listedValues,
  schemaWords,
  typesOf,
  typeWords,
  type ValueType,
  valueWords,
} from "./schema-words.js";
import { alternativesOf, pairwiseDisjoint } from "./unions.js";

/** Schemas are small; one that needs more steps than this is told as not comparable instead of holding a release up. */
const mostSteps = 20_000;
const deepest = 60;

type Walk = {
  before: unknown;
  after: unknown;
  steps: number;
  /** The limits were met: whatever was found is not the whole. */
  over: boolean;
  sameDefinitions?: boolean;
  /** Pairs of references under way: met again they are the same question, and its answer is already being looked for. */
  open: Set<string>;
};

/**
 * Compares two JSON Schemas (2020-12, and what of draft 7 tools use) keyword by keyword. Pure.
 *
 * It is sound for values made of the members that a schema declares: when it names neither `narrowed` nor `both`, every
 * such value that was right is right still. Keywords it does not know change nothing, as the specification has it.
 */
export function compareSchemas(before: unknown, after: unknown): SchemaChange[] {
  const walk: Walk = { before, after, steps: 0, over: false, open: new Set() };
  const changes = compareAt(before, after, "", walk);
  return walk.over ? [{ path: "", effect: "both", saw: "is too deep or too large to be compared" }] : changes;
}

function compareAt(before: unknown, after: unknown, path: string, walk: Walk): SchemaChange[] {
  walk.over ||= ++walk.steps > mostSteps || path.split(/[.[]/).length > deepest;
  if (walk.over || same(before ?? true, after ?? true, walk)) return [];
  const [was, is] = [resolved(before, walk.before), resolved(after, walk.after)];
  if (was === undefined || is === undefined) {
    return [{ path, effect: "both", saw: "refers to something that cannot be followed" }];
  }
  if (was.is === false && is.is === false) return [];
  if (was.is === false) return [{ path, effect: "widened", saw: "is taken now" }];
  if (is.is === false) return [{ path, effect: "narrowed", saw: "is no longer taken" }];
  const pair = `${was.reference} ${is.reference}`;
  if (was.reference !== "" && is.reference !== "") {
    if (walk.open.has(pair)) return [];
    walk.open.add(pair);
  }
  try {
    return [...compareValues(was.is, is.is, path, walk), ...compareWords(before, after, was.is, is.is, path)];
  } finally {
    walk.open.delete(pair);
  }
}

/** Whether two parts are the same to the letter, and so is what they refer to. */
function same(before: unknown, after: unknown, walk: Walk): boolean {
  const text = canonical(before);
  return text === canonical(after) && (!text.includes('"$ref"') || sameDefinitions(walk));
}

function sameDefinitions(walk: Walk): boolean {
  walk.sameDefinitions ??= ["$defs", "definitions"].every((key) => {
    const [was, is] = [walk.before, walk.after].map((root) => isObject(root) && root[key]);
    return canonical(was) === canonical(is);
  });
  return walk.sameDefinitions;
}

function compareValues(was: SchemaObject, is: SchemaObject, path: string, walk: Walk): SchemaChange[] {
  const unions = [alternativesOf(was), alternativesOf(is)] as const;
  if (unions[0] === "mixed" || unions[1] === "mixed") {
    return [{ path, effect: "both", saw: "combines its rules in a way that cannot be compared" }];
  }
  if (unions[0].length > 1 || unions[1].length > 1) return compareUnions(was, is, path, walk);
  return compareSingle(unions[0][0] as SchemaObject, unions[1][0] as SchemaObject, path, walk);
}

/** Every alternative of the one side must be covered by one of the other. */
function compareUnions(was: SchemaObject, is: SchemaObject, path: string, walk: Walk): SchemaChange[] {
  const before = alternativesOf(was, true) as unknown[];
  const after = alternativesOf(is, true) as unknown[];
  const covered = (one: unknown, other: unknown, effect: "narrowed" | "widened") =>
    !compareAt(one, other, path, walk).some((c) => c.effect === effect || c.effect === "both");
  const lost = before.filter((one) => !after.some((other) => covered(one, other, "narrowed")));
  const gained = after.filter((other) => !before.some((one) => covered(one, other, "widened")));
  const exactlyOne = [was, is].some((schema) => Array.isArray(schema["oneOf"]));
  if (exactlyOne) {
    const apart = pairwiseDisjoint(before, walk.before) && pairwiseDisjoint(after, walk.after);
    if (!apart) return [{ path, effect: "both", saw: "takes exactly one of other alternatives" }];
  }
  const [onlyLost, onlyGained] = [lost[0], gained[0]];
  if (lost.length === 1 && gained.length <= 1) {
    const partner =
      gained.length === 1
        ? onlyGained
        : before.length === after.length
          ? after[before.indexOf(onlyLost)]
          : undefined;
    if (partner !== undefined && schemaWords(onlyLost) === schemaWords(partner)) {
      return compareAt(onlyLost, partner, path, walk);
    }
  }
  return [
    ...lost.map(
      (one): SchemaChange => ({
        path,
        effect: "narrowed",
        saw: `no longer takes ${schemaWords(one)} as before`,
      }),
    ),
    ...gained.map((one): SchemaChange => ({ path, effect: "widened", saw: `takes ${schemaWords(one)} too` })),
  ];
}

function compareSingle(was: SchemaObject, is: SchemaObject, path: string, walk: Walk): SchemaChange[] {
  const types = [typesOf(was), typesOf(is)] as const;
  const changes: SchemaChange[] = [];
  const gone = allTypes.filter((type) => types[0].has(type) && !types[1].has(type));
  const come = allTypes.filter((type) => types[1].has(type) && !types[0].has(type));
  if (gone.length + come.length > 0) {
    const effect = gone.length === 0 ? "widened" : come.length === 0 ? "narrowed" : "both";
    changes.push({ path, effect, saw: `took ${typeWords(types[0])}, takes ${typeWords(types[1])}` });
  }
  changes.push(...compareListed(was, is, path));
  const shared = (type: ValueType) => types[0].has(type) && types[1].has(type);
  const whole = !shared("fraction");
  if (shared("integer") || shared("fraction")) changes.push(...compareBounds("number", was, is, path, whole));
  if (shared("string")) {
    changes.push(...compareBounds("string", was, is, path));
    for (const keyword of ["pattern", "format", "contentEncoding", "contentMediaType"])
      changes.push(...compareOpaque(keyword, was, is, path, walk));
  }
  if (shared("array")) changes.push(...compareArrays(was, is, path, walk));
  if (shared("object")) changes.push(...compareObjects(was, is, path, walk));
  for (const keyword of ["allOf", "not", "if", "then", "else"])
    changes.push(...compareOpaque(keyword, was, is, path, walk));
  return changes;
}

function compareListed(was: SchemaObject, is: SchemaObject, path: string): SchemaChange[] {
  const [before, after] = [listedValues(was), listedValues(is)];
  if (before === undefined && after === undefined) return [];
  if (before === undefined)
    return [{ path, effect: "narrowed", saw: `takes only ${(after ?? []).map(valueWords).join(", ")} now` }];
  if (after === undefined)
    return [{ path, effect: "widened", saw: `is no longer limited to ${before.map(valueWords).join(", ")}` }];
  const texts = [new Set(before.map(canonical)), new Set(after.map(canonical))] as const;
  const lost = before.filter((value) => !texts[1].has(canonical(value)));
  const gained = after.filter((value) => !texts[0].has(canonical(value)));
  return [
    ...lost.map(
      (value): SchemaChange => ({ path, effect: "narrowed", saw: `no longer takes ${valueWords(value)}` }),
    ),
    ...gained.map(
      (value): SchemaChange => ({ path, effect: "widened", saw: `takes ${valueWords(value)} too` }),
    ),
  ];
}

/** A keyword whose meaning is not looked into: there or not is judged, a change of it may be either. */
function compareOpaque(
  keyword: string,
  was: SchemaObject,
  is: SchemaObject,
  path: string,
  walk: Walk,
): SchemaChange[] {
  const [before, after] = [was[keyword], is[keyword]];
  if (before === undefined && after === undefined) return [];
  if (same(before, after, walk)) return [];
  const conditional = ["if", "then", "else"].includes(keyword);
  if (before === undefined && !conditional)
    return [{ path, effect: "narrowed", saw: `has a ${keyword} now` }];
  if (after === undefined && !conditional)
    return [{ path, effect: "widened", saw: `has no ${keyword} any more` }];
  return [{ path, effect: "both", saw: `has another ${keyword}` }];
}

function compareArrays(was: SchemaObject, is: SchemaObject, path: string, walk: Walk): SchemaChange[] {
  const changes = compareBounds("array", was, is, path);
  const unique = [was["uniqueItems"] === true, is["uniqueItems"] === true] as const;
  if (unique[1] && !unique[0])
    changes.push({ path, effect: "narrowed", saw: "takes no item twice any more" });
  if (unique[0] && !unique[1]) changes.push({ path, effect: "widened", saw: "takes items twice" });
  const tuple = [was, is].some((one) => one["prefixItems"] !== undefined || Array.isArray(one["items"]));
  if (tuple) {
    for (const keyword of ["prefixItems", "items", "additionalItems"])
      changes.push(
        ...compareOpaque(keyword, was, is, path, walk).map((c): SchemaChange => ({ ...c, effect: "both" })),
      );
  } else changes.push(...compareAt(was["items"], is["items"], `${path}[]`, walk));
  for (const keyword of ["contains", "minContains", "maxContains", "unevaluatedItems"])
    changes.push(...compareOpaque(keyword, was, is, path, walk));
  return changes;
}

function compareObjects(was: SchemaObject, is: SchemaObject, path: string, walk: Walk): SchemaChange[] {
  const changes = compareBounds("object", was, is, path);
  const properties = [membersOf(was["properties"]), membersOf(is["properties"])] as const;
  const required = [namesOf(was["required"]), namesOf(is["required"])] as const;
  const closed = was["additionalProperties"] === false;
  const place = (name: string) => (path === "" ? name : `${path}.${name}`);
  const names = new Set([...properties.flatMap((p) => [...p.keys()]), ...required.flatMap((r) => [...r])]);
  for (const name of names) {
    const at = place(name);
    const [inBefore, inAfter] = [properties[0].has(name), properties[1].has(name)];
    const [needed, isNeeded] = [required[0].has(name), required[1].has(name)];
    if (inBefore && !inAfter) changes.push({ path: at, effect: "both", saw: "is gone" });
    else if (inBefore) changes.push(...compareAt(properties[0].get(name), properties[1].get(name), at, walk));
    else if (inAfter && !isNeeded)
      changes.push({ path: at, effect: closed ? "widened" : "extended", saw: "is new and may be left out" });
    if (isNeeded && !needed)
      changes.push({
        path: at,
        effect: inBefore || !closed ? "narrowed" : "both",
        saw: inBefore ? "is required now" : "is new and required",
      });
    if (needed && !isNeeded && (inAfter || !inBefore))
      changes.push({ path: at, effect: "widened", saw: "is no longer required" });
  }
  changes.push(...compareOthers(was, is, path, walk));
  for (const keyword of [
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
  ])
    changes.push(...compareOpaque(keyword, was, is, path, walk));
  return changes;
}

/** What an object takes beside its declared members. */
function compareOthers(was: SchemaObject, is: SchemaObject, path: string, walk: Walk): SchemaChange[] {
  const [before, after] = [was["additionalProperties"] ?? true, is["additionalProperties"] ?? true];
  if (before === false && after === false) return [];
  if (after === false) return [{ path, effect: "narrowed", saw: "takes no other members any more" }];
  if (before === false) return [{ path, effect: "widened", saw: "takes other members too" }];
  return compareAt(before, after, path === "" ? "*" : `${path}.*`, walk);
}

const membersOf = (value: unknown) => new Map(isObject(value) ? Object.entries(value) : []);
const namesOf = (value: unknown) =>
  new Set(Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : []);

/** Agents act by these words, so a change of them is told although it changes no value. */
function compareWords(
  before: unknown,
  after: unknown,
  was: SchemaObject,
  is: SchemaObject,
  path: string,
): SchemaChange[] {
  // Words beside a reference are about this place; those at its end about every place that refers to it.
  const word = (schema: unknown, end: SchemaObject, key: string) =>
    isObject(schema) && schema[key] !== undefined ? schema[key] : end[key];
  const changes: SchemaChange[] = [];
  const [text, newText] = [word(before, was, "description"), word(after, is, "description")];
  if (canonical(text) !== canonical(newText))
    changes.push({ path, effect: "described", saw: "is described otherwise" });
  const [usual, newUsual] = [word(before, was, "default"), word(after, is, "default")];
  if (canonical(usual) !== canonical(newUsual)) {
    const words = (value: unknown) => (value === undefined ? "none" : valueWords(value));
    changes.push({
      path,
      effect: "described",
      saw: `had the default ${words(usual)}, has ${words(newUsual)}`,
    });
  }
  return changes;
}
