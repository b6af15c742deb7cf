import type { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;

/** Stands for "look into the branches of this union"; never shown. */
export const inBranches = "\u0000branches";

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of settings",
  record: "a group of settings",
  null: "nothing",
};

/** A value as it is shown in a message, short. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a group of settings";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** Says what a schema expected, in the words of the playbook; schemas with a message of their own keep theirs. */
export function wording(issue: RawIssue): string {
  const got = issue.input === undefined ? "" : `, got ${show(issue.input)}`;
  const expected = (what: string) =>
    issue.input === undefined ? `is missing: expected ${what}` : `expected ${what}${got}`;
  switch (issue.code) {
    case "invalid_type":
      return expected(kinds[issue.expected] ?? issue.expected);
    case "invalid_value":
      return expected(oneOf(issue.values));
    case "invalid_union":
      return inBranches;
    case "too_small":
    case "too_big":
      return expected(size(issue));
    case "invalid_format":
      return expected(format(issue));
    case "not_multiple_of":
      return expected(`a multiple of ${issue.divisor}`);
    case "unrecognized_keys":
      return "is not a known setting";
    case "invalid_key":
      return issue.issues[0]?.message ?? "is not a name that is allowed here";
    default:
      return expected("another value");
  }
}

/** "true", "false or a list", "one of a, b, c". */
export function oneOf(values: readonly unknown[]): string {
  const words = values.map((v) => String(v));
  return words.length === 1 ? (words[0] ?? "") : `one of ${words.join(", ")}`;
}

function size(issue: RawIssue & { code: "too_small" | "too_big" }): string {
  const small = issue.code === "too_small";
  const limit = Number(small ? issue.minimum : issue.maximum);
  if (issue.origin === "string") {
    if (small && limit === 1) return "text that is not empty";
    return `text of at ${small ? "least" : "most"} ${limit} characters`;
  }
  if (issue.origin === "array" || issue.origin === "set")
    return small && limit === 1
      ? "a list with at least one entry"
      : `a list of at ${small ? "least" : "most"} ${limit} entries`;
  if (issue.inclusive === false) return `a number ${small ? "greater" : "less"} than ${limit}`;
  return `a number of at ${small ? "least" : "most"} ${limit}`;
}

function format(issue: RawIssue & { code: "invalid_format" }): string {
  switch (issue.format) {
    case "url":
      return "an address such as https://example.com/path";
    case "email":
      return "a mail address such as ops@example.com";
    case "starts_with":
      return `text that begins with ${String(issue["prefix"])}`;
    case "ends_with":
      return `text that ends with ${String(issue["suffix"])}`;
    case "regex":
      return `text that matches ${String(issue["pattern"])}`;
    default:
      return `text in the form "${issue.format}"`;
  }
}
