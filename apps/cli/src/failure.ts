import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Problem, ProblemData } from "@atoms/playbook";
import { diskFull, notPermitted } from "./problems.js";

/**
 * Makes a problem of whatever a command threw. An error without a name is a mistake in Atoms: its trace goes to a file
 * for the report, not to the person at the terminal, unless ATOMS_DEBUG asks for it.
 */
export function asProblem(error: unknown, env: Readonly<Record<string, string | undefined>>): ProblemData {
  if (error instanceof Error && error.name === "Problem" && "toJSON" in error) {
    return (error as Error & { toJSON(): ProblemData }).toJSON();
  }
  // @inquirer/prompts says by this name that the person pressed Ctrl-C at a question.
  if (error instanceof Error && error.name === "ExitPromptError") {
    return {
      code: "ATM-920",
      title: "Not answered",
      happened: "The question was left without an answer.",
      stillTrue: "Nothing was changed.",
      fix: "Run the command again, or give the answer with an option; `--help` names them.",
      ending: "refused",
    };
  }
  const system = systemProblem(error);
  if (system !== undefined) return system.toJSON();
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (env["ATOMS_DEBUG"] !== undefined) process.stderr.write(`${trace}\n`);
  return {
    code: "ATM-913",
    title: "Atoms itself failed",
    happened: `An error that Atoms has no name for: ${error instanceof Error ? error.message : String(error)}`,
    fix: `The details are in ${keep(trace)}. \`atoms status\` shows where traffic is; \`atoms doctor\` checks what Atoms needs.`,
    ending: "failed",
  };
}

/** Two refusals of the system that a person can do something about. */
function systemProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", syscall = "write", path = "a file" } = error as NodeJS.ErrnoException;
  const what = `Atoms was to ${syscall} ${path}`;
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull({ what });
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return notPermitted({ what });
  return undefined;
}

function keep(trace: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "atoms-failure-")), "trace.txt");
  writeFileSync(file, trace, { mode: 0o600 });
  return file;
}
