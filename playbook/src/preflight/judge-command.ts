import { formatDuration } from "../terms/duration.js";
import type { Judgement } from "./check.js";
import type { CommandResult } from "./model.js";

/** Judges a command that had to end with 0. */
export function judgeCommand(
  command: string,
  result: CommandResult,
  limit: { timeoutMs: number; timeoutKey: string },
): Judgement {
  const evidence = {
    command,
    exit: result.exit ?? null,
    seconds: Math.round(result.ms / 100) / 10,
    output: result.lastLines.join("\n"),
  };
  if (result.notStarted !== undefined)
    return {
      outcome: "error",
      saw: `\`${command}\` did not start: ${result.notStarted}.`,
      fix: "Check that the source folder and the shell are there, then try again.",
      evidence,
    };
  if (result.timedOut)
    return {
      outcome: "fail",
      saw: `\`${command}\` was stopped after ${formatDuration(limit.timeoutMs)} without an end${lastWords(result)}.`,
      fix: `Run it by hand to see where it hangs, or give it longer with ${limit.timeoutKey}.`,
      evidence,
    };
  if (result.aborted)
    return {
      outcome: "error",
      saw: `\`${command}\` was stopped before its end.`,
      fix: "Start the release again.",
      evidence,
    };
  if (result.exit === 0)
    return {
      outcome: "pass",
      saw: `\`${command}\` ended well after ${formatDuration(result.ms)}.`,
      evidence,
    };
  if (result.exit === 127)
    return {
      outcome: "fail",
      saw: `\`${command}\` was not found${lastWords(result)}.`,
      fix: "Install what it needs, or correct the command in the playbook.",
      evidence,
    };
  const how = result.exit === undefined ? "was stopped by a signal" : `ended with ${result.exit}`;
  return {
    outcome: "fail",
    saw: `\`${command}\` ${how}${lastWords(result)}.`,
    fix: `Run \`${command}\` in the source folder and mend what it reports.`,
    evidence,
  };
}

function lastWords(result: CommandResult): string {
  const line = result.lastLines.findLast((text) => text.trim() !== "")?.trim();
  return line === undefined ? "" : `; its last line: ${line.slice(0, 200).replace(/[.:;]+$/, "")}`;
}
