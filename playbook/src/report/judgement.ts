import type { GuardrailReport, Report } from "../statistics/index.js";

/**
 * Where a guardrail stands, in one word. `harmful`: it is why the release failed. `suspect`: it has gathered half of
 * the evidence that takes a canary back. `healthy`: proof of health in this step. `undecided`: none of them.
 */
export type Judgement = "harmful" | "suspect" | "undecided" | "healthy";

/** Part of the evidence needed for an alarm from which a guardrail is suspect. */
const suspectFrom = 0.5;
/** Below this part it is suspect no more: lower than the other, so that it does not change at every look. */
const suspectUntil = 0.25;

/**
 * Judges one guardrail of a report. Pure.
 * @param before How it was judged last by whoever asks; left out, only the report counts.
 */
export function judgementOf(guardrail: GuardrailReport, report: Report, before?: Judgement): Judgement {
  const { alone, share } = guardrail.evidence;
  if (report.verdict.kind === "fail" && (alone || share >= 0.5)) return "harmful";
  // What it adds to the evidence of all, on the scale on which evidence adds up.
  const part = share > 0 ? (report.logE + Math.log(share)) / report.threshold : 0;
  if (part >= (before === "suspect" ? suspectUntil : suspectFrom)) return "suspect";
  return guardrail.pass?.done === true ? "healthy" : "undecided";
}
