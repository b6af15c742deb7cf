import { defineCommand } from "../check.js";
import { judgeCommand } from "../judge-command.js";
import type { CommandResult } from "../model.js";

/** The project's own tests come before anything is touched. */
export const tests = defineCommand<{ command: string; result: CommandResult } | undefined>({
  name: "tests",
  title: "The tests pass",
  wanted: (settings) => settings.tests !== false,
  commandMs: (settings) => (typeof settings.tests === "string" ? settings.tests_timeout : undefined),
  measure: async ({ settings, ports, signal }) => {
    const command = settings.tests;
    if (typeof command !== "string") return undefined;
    const onLine = (line: string) => ports.onLine?.("tests", line);
    return {
      command,
      result: await ports.workspace.run(command, { timeoutMs: settings.tests_timeout, signal, onLine }),
    };
  },
  judge: (facts, settings) =>
    facts === undefined
      ? {
          outcome: "warn",
          saw: "The playbook names no tests, so none were run.",
          fix: "Name the command, for example preflight.tests: npm test; or set it to false.",
        }
      : judgeCommand(facts.command, facts.result, {
          timeoutMs: settings.tests_timeout,
          timeoutKey: "preflight.tests_timeout",
        }),
});
