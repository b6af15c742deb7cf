import {
  type Estimate,
  type GuardrailReport,
  type Measure,
  type Recording,
  type Replay,
  type Report,
  sayEvidence,
} from "@atoms/playbook/statistics";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { howLong } from "./words.js";

type Row = { guardrail: GuardrailReport; measure: Measure; first: boolean };

/** A replayed release for people: each guardrail with estimate, interval and evidence, the steps, the verdict last. */
export function replayText(replayed: Replay, recording: Recording, paint: Paint): string {
  const { report, steps, verdict } = replayed;
  const all = recording.settings.guardrails.length;
  const lines = [
    `${recording.buckets.length} buckets${recording.release === undefined ? "" : ` of ${recording.release}`}; judged: ${howLong(report.seconds * 1_000)}, ${whole(report.requests.canary)} requests of the canary and ${whole(report.requests.stable)} of stable.`,
    "",
    guardrailTable(report, recording.settings.interval_level),
    "",
  ];
  for (const guardrail of report.guardrails) {
    const effect = guardrail.effect;
    const seems =
      effect === null
        ? ""
        : `; the evidence speaks for about ${Number(effect.factor.toPrecision(2))} ${effect.via}`;
    lines.push(paint.dim(`${guardrail.id}: ${guardrail.says}${seems}.`));
  }
  lines.push(
    paint.dim(
      `Evidence of ${all === 1 ? "the guardrail" : `all ${all} guardrails together`}: ${sayEvidence(report.logE)}; an alarm is raised at ${sayEvidence(report.threshold)}.`,
    ),
  );
  if (steps.length > 1) {
    lines.push("");
    for (const step of steps)
      lines.push(
        `step at ${percent(step.split)}: ${step.verdict.kind} after ${howLong(step.until - step.from)}`,
      );
  }
  for (const note of report.notes) lines.push(paint.yellow(`Note: ${note}`));
  lines.push("");
  const paintVerdict = { pass: paint.green, fail: paint.red, inconclusive: paint.yellow }[verdict.kind];
  const because =
    verdict.kind === "pass"
      ? "every guardrail has proof of health"
      : (verdict as { because: string }).because;
  lines.push(`${paintVerdict(paint.bold(verdict.kind))}: ${because}.`);
  return lines.join("\n");
}

/**
 * Each guardrail with what was measured on both arms, and what the evidence says.
 * @param level Chance that an interval ever misses, 0 to 1.
 */
export function guardrailTable(report: Report, level: number): string {
  const covered = percent(1 - level);
  const rows: Row[] = report.guardrails.flatMap((guardrail) =>
    guardrail.measures.map((measure, i) => ({ guardrail, measure, first: i === 0 })),
  );
  return tableText(rows, [
    { head: "guardrail", of: (row) => (row.first ? row.guardrail.id : "") },
    { head: "measured", of: (row) => row.measure.what },
    {
      head: `canary (${covered} interval)`,
      of: (row) => estimateText(row.measure.canary, row.measure.unit),
    },
    { head: "stable", of: (row) => estimateText(row.measure.stable, row.measure.unit) },
    {
      head: "harm by chance",
      of: (row) => (row.first ? sayEvidence(row.guardrail.evidence.logE) : ""),
      right: true,
    },
    { head: "health", of: (row) => (row.first ? healthText(row.guardrail) : "") },
  ]);
}

function estimateText(estimate: Estimate | null, unit: Measure["unit"]): string {
  if (estimate === null) return "not counted";
  const show = unit === "share" ? percent : milliseconds;
  return `${show(estimate.value)} (${show(estimate.low)} to ${show(estimate.high)}) of ${whole(estimate.sample)}`;
}

function healthText({ pass }: GuardrailReport): string {
  if (pass === null) return "not asked for";
  if (pass.done) return "proved";
  return pass.requestsLeft === null ? "not in sight" : `about ${whole(pass.requestsLeft)} requests left`;
}

const whole = (count: number): string => Math.round(count).toLocaleString("en");
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;
const milliseconds = (ms: number): string =>
  Number.isFinite(ms) ? `${Number(ms.toPrecision(3))} ms` : "no bound";
