import { settingName } from "./mistake.js";
import type { Path } from "./place.js";
import { carriesPassword, looksSecret, type Redactor } from "./redactor.js";
import { expandVariables } from "./variables.js";
import { readYaml, type Slip, type YamlTree } from "./yaml-tree.js";

/** A variable that is not set, at the place that wants it. */
export type Missing = { path: Path; offset: number; variable: string };

/** A playbook's text as data, variables filled in. */
export type Filled = {
  tree: YamlTree;
  missing: Missing[];
  /** Names of the settings whose text came, in whole or in part, from a variable. */
  fromVariable: ReadonlySet<string>;
  slips: Slip[];
};

/**
 * Reads the YAML and fills in its variables. What is secret by the name of its variable or of its setting, or because
 * it is an address with a password, is hidden from now on.
 */
export function fill(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  secrets: Redactor,
): Filled {
  const missing: Missing[] = [];
  const fromVariable = new Set<string>();
  const slips: Slip[] = [];
  const tree = readYaml(text, (written, path, offset) => {
    const expanded = expandVariables(written, env);
    for (const { name, value } of expanded.uses) {
      const at = offset + Math.max(0, text.slice(offset).indexOf(`\${${name}`));
      if (value === undefined) missing.push({ path, offset: at, variable: name });
      else if (looksSecret(name) || carriesPassword(value)) secrets.hide(name, value);
    }
    for (const { at, message } of expanded.wrong) slips.push({ offset: offset + at, path, message });
    const setting = settingName(path);
    if (expanded.uses.length > 0) fromVariable.add(setting);
    const key = path.findLast((part) => typeof part === "string") ?? "";
    if (looksSecret(key) || carriesPassword(expanded.text)) secrets.hide(setting, expanded.text);
    return expanded.text;
  });
  return { tree, missing, fromVariable, slips: [...tree.slips, ...slips] };
}
