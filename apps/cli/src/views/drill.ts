import type { DrillDone } from "@atoms/control-plane";
import type { Paint } from "../terminal/terminal.js";
import { howLong } from "./words.js";

/** What a drill came to. */
export function drillText(
  { drill, state, because, measured, problem, left, targets }: DrillDone,
  paint: Paint,
): string {
  const colour = state === "passed" ? paint.green : state === "stopped" ? paint.yellow : paint.red;
  const lines = [`${paint.bold(drill)}: ${colour(state)}`];
  if (measured === undefined) lines.push(`  ${because}`);
  else {
    const { rtoMs, rpoMs, noticedMs, recoveryMs, written, kept, lost } = measured;
    const row = (name: string, ms: number, target: number) =>
      `  ${name}  ${howLong(ms).padEnd(10)} target ${howLong(target).padEnd(10)} ${ms <= target ? paint.green("kept") : paint.red("missed")}`;
    lines.push(
      row("RTO", rtoMs, targets.rto),
      row("RPO", rpoMs, targets.rpo),
      `  Noticed by the service's health after ${howLong(noticedMs)}, recovered in ${howLong(recoveryMs)}, and proven.`,
      `  Of ${written} writes ${kept} were kept and ${lost} lost.`,
    );
  }
  if (problem !== undefined) lines.push(`  ${problem.fix}`);
  lines.push(
    left === undefined
      ? "  Everything that the drill made is removed; production was not touched."
      : `  ${paint.red("Not removed:")} ${left}`,
  );
  return lines.join("\n");
}
