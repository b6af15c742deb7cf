import type { OutputOf, plan } from "@atoms/control-plane";
import type { Paint } from "../terminal/terminal.js";
import { problemText } from "./problem.js";
import { howLong, when } from "./words.js";

/** A plan for people: what would happen, phase by phase, and what stands in the way. */
export function planText(value: OutputOf<typeof plan>, paint: Paint): string {
  const source =
    "unreadable" in value.source
      ? paint.red(value.source.unreadable)
      : `${value.source.folder} (${value.source.files} files, ${(value.source.bytes / 1_048_576).toFixed(1)} MB)`;
  const lines = [
    paint.bold(`${value.service} to ${value.environment} on ${value.platform}, strategy ${value.strategy}`),
    `  source     ${source}`,
    `  serving    ${value.serving === undefined ? "nothing yet" : `${value.serving.deployment} ${value.serving.version ?? ""}`}`,
    `  way back   ${value.wayBack === undefined ? "none: nothing was proven good yet" : `${value.wayBack.deployment} ${value.wayBack.version}, proven ${when(value.wayBack.provenAt)}`}`,
    "",
  ];
  for (const phase of value.phases) {
    const [first = "", ...rest] = phase.does;
    lines.push(
      `  ${phase.phase.padEnd(10)} ${paint.dim(`at most ${howLong(phase.deadlineMs)}`.padEnd(18))} ${first}`,
    );
    for (const more of rest) lines.push(`${" ".repeat(32)}${more}`);
  }
  for (const part of value.notConfigured) lines.push("", `${paint.yellow("!")} ${part}`);
  for (const obstacle of value.obstacles) lines.push("", problemText(obstacle, paint));
  if (value.obstacles.length === 0) lines.push("", "Nothing was touched. `atoms deploy` does it.");
  return lines.join("\n");
}
