import type { OutputOf, plan } from "@atoms/control-plane";
import { reasonText } from "@atoms/playbook";
import { plain } from "@atoms/playbook/report";
import { unsafeThen } from "./plan.js";
import { howLong, when } from "./words.js";

type Plan = OutputOf<typeof plan>;

/** A plan for a pull request: GitHub's Markdown, in which no text of the playbook makes markup or calls anybody. */
export function planMarkdown(value: Plan): string {
  const { obstacles, phases, gates, freezes, notConfigured } = value;
  const source =
    "unreadable" in value.source
      ? plain(value.source.unreadable)
      : "deployment" in value.source
        ? plain(`none: ${value.source.deployment} is built already`)
        : `${value.source.files} files, ${(value.source.bytes / 1_048_576).toFixed(1)} MB`;
  const stands =
    obstacles.length === 0
      ? "Nothing stands in the way of this release now."
      : `**It would not go now: ${obstacles.length === 1 ? "one obstacle" : `${obstacles.length} obstacles`}.**`;
  const lines = [
    `## ${obstacles.length === 0 ? "🧭" : "⛔"} ${plain(value.service)} to ${plain(value.environment)}: the plan`,
    "",
    `${plain(value.strategy)} release on ${plain(value.platform)}. ${stands}`,
    "",
    ...obstacles.flatMap((problem) => [
      `- ${plain(problem.code)} **${plain(problem.title)}**: ${plain(problem.happened)} Next: ${plain(problem.fix)}`,
    ]),
    ...(obstacles.length === 0 ? [] : [""]),
    "| | |",
    "|---|---|",
    `| source | ${source} |`,
    `| serving | ${value.serving === undefined ? "nothing yet" : plain(`${value.serving.deployment} ${value.serving.version ?? ""}`)} |`,
    `| way back | ${value.wayBack === undefined ? "none: nothing was proven good yet" : plain(`${value.wayBack.deployment} ${value.wayBack.version}, proven ${when(value.wayBack.provenAt)}`)} |`,
    ...safetyRows(value.safety),
    ...gates.map(
      ({ gate, at, says, is, because }) =>
        `| ${plain(gate)} | before the ${plain(at)}: ${is === undefined ? "asked then" : is === "open" ? "open" : "**shut now**"}; ${plain(is === undefined || is === "open" ? says : (because ?? says))} |`,
    ),
    ...freezes
      .slice(0, 2)
      .map((freeze) => `| freeze | ${plain(freeze.name)}, ${when(freeze.from)} to ${when(freeze.until)} |`),
    "",
    `<details><summary>What it does, phase by phase (${phases.length})</summary>`,
    "",
    "| phase | at most | does |",
    "|---|---:|---|",
    ...phases.map(
      ({ phase, deadlineMs, does }) =>
        `| ${plain(phase)} | ${howLong(deadlineMs)} | ${does.map(plain).join("<br>")} |`,
    ),
    "",
    "</details>",
    ...notConfigured.flatMap((part) => ["", `> ${plain(part)}`]),
  ];
  return lines.join("\n");
}

function safetyRows(safety: Plan["safety"]): string[] {
  if (safety === undefined || safety.to === null) return [];
  const why = safety.reasons.map((reason) => `<br>${plain(reason.level)}: ${plain(reasonText(reason))}`);
  return [`| going back | ${safety.level}${unsafeThen[safety.policy]}${why.join("")} |`];
}
