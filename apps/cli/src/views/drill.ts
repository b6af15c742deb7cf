import type { DrillDone } from "@atoms/control-plane";
import { figuresIn } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { howLong } from "./words.js";

/** What a drill came to: each figure beside its target, and what was seen. */
export function drillText(
  { drill, state, because, measured, problem, left, targets }: DrillDone,
  paint: Paint,
): string {
  const colour = state === "passed" ? paint.green : state === "stopped" ? paint.yellow : paint.red;
  const lines = [`${paint.bold(drill)}: ${colour(state)}`];
  if (measured === undefined) lines.push(`  ${because}`);
  else {
    const { noticedMs, recoveryMs, written, kept, lost, found = [] } = measured;
    const figures = figuresIn(measured, targets);
    const widest = Math.max(...figures.map(({ figure }) => figure.length));
    for (const { figure, ms, target } of figures)
      lines.push(
        `  ${figure.padEnd(widest)}  ${howLong(ms).padEnd(10)} target ${howLong(target).padEnd(10)} ${ms <= target ? paint.green("kept") : paint.red("missed")}`,
      );
    lines.push(
      `  ${noticedMs === 0 ? "" : `Noticed after ${howLong(noticedMs)}, `}${noticedMs === 0 ? "R" : "r"}ecovered in ${howLong(recoveryMs)}, and proven.`,
    );
    if (written !== undefined) lines.push(`  Of ${written} writes ${kept} were kept and ${lost} lost.`);
    for (const one of found) lines.push(`  ${one.charAt(0).toUpperCase()}${one.slice(1)}.`);
  }
  if (problem !== undefined) lines.push(`  ${problem.fix}`);
  lines.push(
    left === undefined
      ? "  Everything that the drill made is removed; production was not touched."
      : `  ${paint.red("Not removed:")} ${left}`,
  );
  return lines.join("\n");
}
