import type { OutputOf, plan } from "@atoms/control-plane";
import { reasonText } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { problemText } from "./problem.js";
import { howLong, when } from "./words.js";

/** A plan for people: what would happen, phase by phase, and what stands in the way. */
export function planText(value: OutputOf<typeof plan>, paint: Paint): string {
  const source =
    "unreadable" in value.source
      ? paint.red(value.source.unreadable)
      : "deployment" in value.source
        ? `none: ${value.source.deployment} is built already`
        : `${value.source.folder} (${value.source.files} files, ${(value.source.bytes / 1_048_576).toFixed(1)} MB)`;
  const lines = [
    paint.bold(`${value.service} to ${value.environment} on ${value.platform}, strategy ${value.strategy}`),
    `  source     ${source}`,
    `  serving    ${value.serving === undefined ? "nothing yet" : `${value.serving.deployment} ${value.serving.version ?? ""}`}`,
    `  way back   ${value.wayBack === undefined ? "none: nothing was proven good yet" : `${value.wayBack.deployment} ${value.wayBack.version}, proven ${when(value.wayBack.provenAt)}`}`,
    ...safetyLines(value.safety, paint),
    "",
  ];
  for (const phase of value.phases) {
    const [first = "", ...rest] = phase.does;
    lines.push(
      `  ${phase.phase.padEnd(10)} ${paint.dim(`at most ${howLong(phase.deadlineMs)}`.padEnd(18))} ${first}`,
    );
    for (const more of rest) lines.push(`${" ".repeat(32)}${more}`);
  }
  if (value.gates.length > 0) lines.push("", "  Gates");
  const width = Math.max(10, ...value.gates.map(({ gate }) => gate.length));
  for (const { gate, at, says, is, because } of value.gates) {
    const stands =
      is === undefined
        ? paint.dim("asked then")
        : is === "open"
          ? paint.green("open".padEnd(10))
          : paint.red("shut now".padEnd(10));
    const why = is === undefined || is === "open" ? says : (because ?? says);
    lines.push(`  ${gate.padEnd(width)} ${`before the ${at}`.padEnd(18)} ${stands}  ${why}`);
  }
  const [next, ...later] = value.freezes;
  if (next !== undefined)
    lines.push(
      `  ${"freezes".padEnd(width)} ${[next, ...later.slice(0, 1)].map((f) => `${f.name} ${when(f.from)} to ${when(f.until)}`).join("; ")}`,
    );
  for (const part of value.notConfigured) lines.push("", `${paint.yellow("!")} ${part}`);
  for (const obstacle of value.obstacles) lines.push("", problemText(obstacle, paint));
  if (value.obstacles.length === 0) {
    const built = "deployment" in value.source ? ` --deployment ${value.source.deployment}` : "";
    lines.push("", `Nothing was touched. \`atoms deploy${built}\` does it.`);
  }
  return lines.join("\n");
}

/** What a release does where going back would not be safe, by the playbook's policy. */
export const unsafeThen = {
  none: "",
  warn: "",
  approve: ": a person would have to approve it",
  refuse: ": the release would be refused",
};

/** Whether going back would be safe, and each reason why it would not. */
function safetyLines(safety: OutputOf<typeof plan>["safety"], paint: Paint): string[] {
  if (safety === undefined || safety.to === null) return [];
  const colour = { safe: paint.green, caution: paint.yellow, unsafe: paint.red };
  return [
    `  going back ${colour[safety.level](safety.level)}${unsafeThen[safety.policy]}`,
    ...safety.reasons.map((reason) => {
      const mark = { safe: paint.green("✓"), caution: paint.yellow("!"), unsafe: paint.red("✗") }[
        reason.level
      ];
      return `${" ".repeat(13)}${mark} ${reasonText(reason)}`;
    }),
  ];
}
