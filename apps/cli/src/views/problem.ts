import type { ProblemData } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";

/** A problem for people: what happened, what is still true, what to do next. The most useful line comes last. */
export function problemText(problem: ProblemData, paint: Paint): string {
  const lines = [
    `${paint.red(paint.bold(problem.title))} ${paint.dim(`(${problem.code})`)}`,
    problem.happened,
  ];
  if (problem.stillTrue !== undefined) lines.push(problem.stillTrue);
  lines.push(`${paint.bold("Next:")} ${problem.fix}`);
  return lines.join("\n");
}
