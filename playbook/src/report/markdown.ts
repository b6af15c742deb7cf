import { sayEvidence } from "../statistics/index.js";
import { duration } from "./decisions.js";
import { code, plain } from "./markdown-text.js";
import type { ReleaseReport } from "./model.js";
import { estimate, share, when } from "./words.js";

/** Rows of findings and gates that a pull request is told; the page has them all. */
const most = 20;

/** A report for a pull request: GitHub's Markdown, in which no text of the release makes markup or calls anybody. */
export function reportMarkdown(report: ReleaseReport): string {
  const { release, canary, rollback } = report;
  const lines = [
    `## ${mark[release.state] ?? ""} ${plain(release.service)} ${plain(release.version)}: ${plain(release.state)}`,
    "",
    `${plain(release.strategy)} release to ${plain(release.environment)} on ${plain(release.platform)} by ${plain(release.startedBy.name)}, ${when(release.startedAt)}, ${release.state === "running" ? "running for" : "over after"} ${duration(report.took)}.`,
  ];
  if (release.because !== undefined) lines.push("", `> ${plain(release.because)}`);
  if (rollback !== undefined) {
    lines.push(
      "",
      `**${release.state === "aborted" ? "Ended" : "Taken back"} by ${plain(rollback.by)}**: ${plain(rollback.because)}`,
    );
    if (rollback.problem !== undefined)
      lines.push(
        "",
        `${plain(rollback.problem.code)} ${plain(rollback.problem.title)}. ${plain(rollback.problem.stillTrue ?? "")} Next: ${plain(rollback.problem.fix)}`,
      );
  }
  lines.push("", "| phase | took | checks | |", "|---|---:|---|---|");
  for (const { phase, ms, checks, state } of report.phases) {
    const { passed, warned, failed } = checks;
    const all = passed + warned + failed;
    const told = all === 0 ? "" : `${passed} of ${all} passed${warned > 0 ? `, ${warned} warned` : ""}`;
    lines.push(
      `| ${plain(phase)} | ${duration(ms)} | ${told} | ${state === "left" ? "did not get to its end" : state} |`,
    );
  }
  if (canary !== undefined) {
    const because = "because" in canary.verdict ? `: ${plain(canary.verdict.because)}` : "";
    lines.push("", `**Canary against stable: ${canary.verdict.kind}**${because}`, "");
    lines.push("| guardrail | measured | canary | stable | harm by chance |", "|---|---|---|---|---:|");
    for (const guardrail of canary.guardrails)
      for (const [i, one] of guardrail.measures.entries()) {
        const cell = (arm: typeof one.canary) =>
          arm === null ? "" : estimate(one.unit, arm.value, arm.low, arm.high);
        const harm = i === 0 ? sayEvidence(guardrail.evidence.maxLogE) : "";
        lines.push(
          `| ${i === 0 ? plain(guardrail.id) : ""} | ${plain(one.what)} | ${cell(one.canary)} | ${cell(one.stable)} | ${harm} |`,
        );
      }
    const steps = canary.steps.map(
      ({ split, from, until, verdict }) => `${share(split)} for ${duration(until - from)} (${verdict})`,
    );
    lines.push("", `Steps: ${steps.join(", ")}. Brackets are ${share(1 - canary.level)} intervals.`);
  }
  for (const [title, rows] of [
    ["Gates", report.gates.map(({ says, by }) => `${plain(says)} (${plain(by)})`)],
    [
      "What checks found",
      report.findings.map(
        ({ title: name, outcome, saw }) => `${plain(outcome)}: ${plain(name)}: ${plain(saw)}`,
      ),
    ],
  ] as const) {
    if (rows.length === 0) continue;
    lines.push("", `<details><summary>${title} (${rows.length})</summary>`, "");
    lines.push(...rows.slice(0, most).map((row) => `- ${row}`));
    if (rows.length > most) lines.push(`- and ${rows.length - most} more`);
    lines.push("", "</details>");
  }
  lines.push("", `\`atoms report ${code(release.id)}\` writes the whole report.`, "");
  return lines.join("\n");
}

const mark: Record<string, string> = {
  released: "✅",
  "rolled back": "↩️",
  failed: "❌",
  aborted: "⏹️",
  unsafe: "🚨",
  running: "⏳",
};
