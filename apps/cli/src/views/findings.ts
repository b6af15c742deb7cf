import type { Ending, Finding, Validation } from "@atoms/playbook";
import type { Paint, Terminal } from "../terminal/terminal.js";
import { howLong } from "./words.js";

/** One finding on one line, and below it what to do when it is no pass. */
export function findingText(finding: Finding, paint: Paint): string {
  const mark = {
    pass: paint.green("✓"),
    warn: paint.yellow("!"),
    fail: paint.red("✗"),
    error: paint.red("?"),
  }[finding.outcome];
  const head = `${mark} ${finding.title.padEnd(34)} ${howLong(finding.ms).padStart(8)}  ${finding.saw}`;
  return finding.outcome === "pass" || finding.fix === undefined
    ? head
    : `${head}\n  ${paint.dim(finding.fix)}`;
}

/** Shows findings as they come. */
export function showFindings(terminal: Terminal): (finding: Finding) => void {
  return (finding) => {
    terminal.result(finding);
    if (!terminal.json) terminal.say(findingText(finding, terminal.paint));
  };
}

/** Shows the verdict over all findings. @returns how the command ends. */
export function endOfChecks(terminal: Terminal, checked: Validation): Ending {
  const { verdict, findings } = checked;
  const warned = findings.filter((f) => f.outcome === "warn").length;
  terminal.result({ verdict });
  if (terminal.json) return endingOfVerdict[verdict.kind];
  const { paint } = terminal;
  terminal.say();
  const passed = `${findings.length - warned} ${findings.length - warned === 1 ? "check" : "checks"} passed${warned === 0 ? "" : `, ${warned === 1 ? "1 warning" : `${warned} warnings`}`}.`;
  if (verdict.kind === "pass") terminal.say(paint.green(passed));
  else terminal.say(`${paint.red(verdict.kind)}: ${verdict.because}`);
  return endingOfVerdict[verdict.kind];
}

const endingOfVerdict = {
  pass: "done",
  fail: "failed",
  error: "failed",
  inconclusive: "inconclusive",
} as const;
