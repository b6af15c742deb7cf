import type { DatabasePlan } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { howLong, when } from "./words.js";

/** How databases are brought back, step by step. */
export function recoveryText(plans: readonly DatabasePlan[], paint: Paint): string {
  return plans.map((plan) => planText(plan, paint)).join("\n\n");
}

function planText({ database, way, found, backup, lossMs, steps }: DatabasePlan, paint: Paint): string {
  const colour = way === "impossible" ? paint.red : way === "as it is" ? paint.green : paint.yellow;
  const lines = [`${paint.bold(database)}: ${colour(way)}`, `  ${found}`];
  if (backup !== undefined && lossMs !== undefined) {
    const tried = backup.sound === true ? "restored once to try it" : "never tried";
    lines.push(
      `  The backup to use is ${backup.id} of ${when(backup.takenAt)}, ${tried}. Restoring it loses up to ${howLong(lossMs)} of writes.`,
    );
  }
  for (const [index, { what, command }] of steps.entries()) {
    lines.push(`  ${index + 1}. ${what}`);
    if (command !== undefined) lines.push(`     ${paint.cyan(command)}`);
  }
  return lines.join("\n");
}
