import type { z } from "zod";
import { homesOf, settingsIn, wordsAt } from "./known-settings.js";
import { settingName } from "./mistake.js";
import { type Path, valueAt } from "./place.js";
import { nearest } from "./suggest.js";
import { inBranches, show } from "./wording.js";
import type { Slip, YamlTree } from "./yaml-tree.js";

type Issue = z.core.$ZodIssue;
type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Turns what a schema complained about into slips that have a place in the text.
 * @param schema The same schema as JSON Schema, for suggestions.
 */
export function explain(issues: readonly Issue[], tree: YamlTree, schema: JsonSchema): Slip[] {
  return issues
    .flatMap((issue) =>
      issue.code === "invalid_union" && issue.message === inBranches ? bestBranch(issue, tree) : [issue],
    )
    .flatMap((issue) => slipsOf(issue, tree, schema));
}

/** Of a union's branches, the one that the text came nearest to: the deepest first mistake, then the fewest. */
function bestBranch(issue: Issue & { code: "invalid_union" }, tree: YamlTree): Issue[] {
  const value = valueAt(tree.data, issue.path);
  const branches = issue.errors
    .filter((errors) => errors.length > 0)
    .map((errors) => errors.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue))
    .map((errors) =>
      errors.flatMap((inner) =>
        inner.code === "invalid_union" && inner.message === inBranches ? bestBranch(inner, tree) : [inner],
      ),
    );
  const wrongKind = (errors: Issue[]) =>
    errors.some(
      (e) => e.path.length === issue.path.length && (e.code === "invalid_type" || e.code === "invalid_value"),
    );
  const near = branches.filter((errors) => !wrongKind(errors)).sort((a, b) => a.length - b.length);
  if (near[0] !== undefined) return near[0];
  const expected = branches.flatMap((errors) =>
    errors.map((e) => /^(?:is missing: )?expected (.*?)(?:, got .*)?$/s.exec(e.message)?.[1] ?? ""),
  );
  const words = [...new Set(expected.filter((word) => word !== ""))];
  const message =
    words.length === 0
      ? `expected another value, got ${show(value)}`
      : `expected ${words.join(" or ")}, got ${show(value)}`;
  return [{ ...issue, message } as Issue];
}

function slipsOf(issue: Issue, tree: YamlTree, schema: JsonSchema): Slip[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const place = [...path, key];
      return {
        offset: tree.keyAt(place) ?? offsetOf(tree, path),
        path: place,
        message: "is not a known setting",
        ...suggestKey(schema, path, key),
      };
    });
  const value = valueAt(tree.data, path);
  if (value === undefined)
    return [{ offset: offsetOf(tree, path.slice(0, -1)), path, message: issue.message }];
  if (issue.code === "invalid_key")
    return [{ offset: tree.keyAt(path) ?? offsetOf(tree, path), path, message: issue.message }];
  const offset = offsetOf(tree, path, columnOf(issue));
  return [{ offset, path, message: issue.message, ...suggestValue(issue, schema, value) }];
}

/** Where to point: at the text of a value, at the key of a group or list, else at the nearest thing around it. */
function offsetOf(tree: YamlTree, path: Path, column = 1): number {
  const value = valueAt(tree.data, path);
  const group = typeof value === "object" && value !== null;
  const text = tree.textAt(path);
  if (!group && column > 1 && text !== undefined) return text + column - 1;
  const here = group ? (tree.keyAt(path) ?? tree.valueAt(path)) : (tree.valueAt(path) ?? tree.keyAt(path));
  if (here !== undefined) return here;
  return path.length === 0 ? 0 : offsetOf(tree, path.slice(0, -1));
}

function columnOf(issue: Issue): number {
  const column: unknown = issue.code === "custom" ? issue.params?.["column"] : undefined;
  return typeof column === "number" ? column : 1;
}

function suggestKey(schema: JsonSchema, path: Path, key: string): { suggestion?: string } {
  const known = settingsIn(schema, path);
  const near = nearest(key, known);
  if (near !== undefined) return { suggestion: `Did you mean ${near}?` };
  const homes = homesOf(schema, key).filter((home) => home !== settingName(path));
  if (homes.length > 0)
    return {
      suggestion: `${key} belongs ${homes.map((home) => (home === "" ? "at the top level" : `under ${home}`)).join(" or ")}.`,
    };
  return known.length === 0 ? {} : { suggestion: `Known here: ${known.join(", ")}.` };
}

function suggestValue(issue: Issue, schema: JsonSchema, value: unknown): { suggestion?: string } {
  const word: unknown = issue.code === "custom" ? issue.params?.["word"] : undefined;
  const known: unknown = issue.code === "custom" ? issue.params?.["known"] : undefined;
  if (typeof word === "string" && Array.isArray(known)) {
    const near = nearest(word, known);
    if (near !== undefined) return { suggestion: `Did you mean ${near}?` };
  }
  if (typeof value === "string") {
    const near = nearest(value, wordsAt(schema, issue.path));
    if (near !== undefined && near !== value) return { suggestion: `Did you mean ${near}?` };
  }
  if (issue.message.startsWith("expected text") && ["number", "boolean"].includes(typeof value))
    return { suggestion: `Put it in quotes to make it text: "${String(value)}".` };
  if (value === null) return { suggestion: "Give it a value, or remove the line." };
  return {};
}
