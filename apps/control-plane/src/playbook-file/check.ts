import { breaches, PlaybookSettings, playbookJsonSchema, withServiceDefaults } from "@atoms/playbook";
import type { z } from "zod";
import { explain } from "./explain.js";
import { settingName } from "./mistake.js";
import { isWithin, type Path, replaced, valueAt } from "./place.js";
import { wording } from "./wording.js";
import type { Slip, YamlTree } from "./yaml-tree.js";

/** What checking the data against the schema gave. */
export type CheckedData = {
  settings?: PlaybookSettings;
  issues: z.core.$ZodIssue[];
  /** The data as it was understood, texts from variables spelled as numbers where numbers are wanted. */
  data: object;
};

/**
 * Checks data against the playbook's schema. A variable is always text; where a number or a truth value is wanted, a
 * text that spells one is taken for it.
 */
export function checkData(data: object, fromVariable: ReadonlySet<string>): CheckedData {
  const first = parse(data);
  const spelled = first.issues.reduce(
    (so, issue) => (fromVariable.has(settingName(issue.path)) ? spell(so, issue) : so),
    data,
  );
  return spelled === data ? first : parse(spelled);
}

function parse(data: object): CheckedData {
  const parsed = PlaybookSettings.safeParse(withServiceDefaults(data), { error: wording });
  return parsed.success ? { settings: parsed.data, issues: [], data } : { issues: parsed.error.issues, data };
}

function spell(data: object, issue: z.core.$ZodIssue): object {
  if (issue.code !== "invalid_type") return data;
  const text = String(valueAt(data, issue.path)).trim();
  const place = issue.path as Path;
  if (["number", "int"].includes(issue.expected) && /^-?\d+(\.\d+)?$/.test(text))
    return replaced(data, place, Number(text));
  if (issue.expected === "boolean" && /^(true|false)$/.test(text))
    return replaced(data, place, text === "true");
  return data;
}

/** The schema's complaints as slips, leaving out what is wrong only because of what is already known of that place. */
export function slipsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  tree: YamlTree,
  known: readonly Path[] = [],
): Slip[] {
  const own = issues.filter((issue) => !known.some((place) => isWithin(issue.path, place)));
  // A text of the wrong form breaks finer rules as well; its form is the mistake to mend.
  const misshapen = new Set(own.filter((i) => i.code !== "custom").map((i) => settingName(i.path)));
  return explain(
    own.filter((issue) => issue.code !== "custom" || !misshapen.has(settingName(issue.path))),
    tree,
    jsonSchema(),
  );
}

/** Breaches of the rules between settings; those of parts that were left out do not count. */
export function slipsOfRules(settings: PlaybookSettings, tree: YamlTree, leftOut: readonly Path[]): Slip[] {
  const channels = leftOut
    .filter(([section]) => section === "notification_channels")
    .map((part) => String(part[1]));
  const broken = breaches(settings, channels).filter(
    ({ path }) => !leftOut.some((part) => part[0] === "platforms" && isWithin(path, part)),
  );
  const issues = broken.map(
    ({ path, message }): z.core.$ZodIssue => ({ code: "custom", input: undefined, path, message }),
  );
  return explain(issues, tree, jsonSchema());
}

let schemaOnce: z.core.JSONSchema.BaseSchema | undefined;
/** Made once and only when a mistake asks for suggestions: a right playbook does not pay for it. */
function jsonSchema(): z.core.JSONSchema.BaseSchema {
  schemaOnce ??= playbookJsonSchema();
  return schemaOnce;
}
