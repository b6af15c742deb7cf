import { readFile } from "node:fs/promises";
import { type Rule, type RuleTestResult, RuleTests, ruleTestsMistaken, runRuleTests } from "@atoms/playbook";
import { z } from "zod";
import { explain } from "../playbook-file/explain.js";
import { describeMistakes, settingName } from "../playbook-file/mistake.js";
import { wording } from "../playbook-file/wording.js";
import { readYaml, type Slip } from "../playbook-file/yaml-tree.js";

const largest = 1024 * 1024;

/**
 * Runs a file of rule tests.
 * @param own The playbook's rules, asked for only when the file brings none.
 * @throws ATM-876 with every mistake of the file, each with its line and column.
 */
export async function testRules(
  file: string,
  own: () => Promise<readonly Rule[]>,
): Promise<RuleTestResult[]> {
  const text = await textOf(file);
  const tree = readYaml(text, (value) => value);
  const mistaken = (slips: readonly Slip[]) => {
    const rows = text.split(/\r?\n/);
    const mistakes = slips.map(({ offset, path, message, suggestion }) => {
      const { line, col } = tree.lines.linePos(Math.min(offset, text.length));
      return {
        file,
        line: Math.max(1, line),
        column: Math.max(1, col),
        setting: settingName(path),
        message,
        ...(suggestion === undefined ? {} : { suggestion }),
        snippet: (rows[line - 1] ?? "").slice(0, 160),
      };
    });
    return ruleTestsMistaken({ file, mistakes: `\n${describeMistakes(mistakes)}\n` });
  };
  if (tree.slips.length > 0) throw mistaken(tree.slips);
  const parsed = RuleTests.safeParse(tree.data ?? {}, { error: wording });
  if (!parsed.success) {
    const schema = z.toJSONSchema(RuleTests, { io: "input" });
    throw mistaken(explain(parsed.error.issues, tree, schema));
  }
  return runRuleTests(parsed.data, parsed.data.rules === undefined ? await own() : []);
}

async function textOf(file: string): Promise<string> {
  try {
    const text = await readFile(file, "utf8");
    if (text.length > largest) throw ruleTestsMistaken({ file, mistakes: "it is longer than 1 MiB" });
    return text;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw ruleTestsMistaken({ file, mistakes: "there is no such file" });
    if (code === "EISDIR") throw ruleTestsMistaken({ file, mistakes: "it is a folder" });
    if (code === "EACCES") throw ruleTestsMistaken({ file, mistakes: "permission denied" });
    throw error;
  }
}
