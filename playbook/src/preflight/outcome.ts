import type { Finding, Problem, Verdict } from "../terms/index.js";
import { preflightFailed, preflightUnclear } from "./problems.js";

/** The problem that preflight amounts to; undefined for a pass. */
export function preflightProblem(checked: {
  findings: readonly Finding[];
  verdict: Verdict;
}): Problem | undefined {
  const { findings, verdict } = checked;
  if (verdict.kind === "pass") return undefined;
  if (verdict.kind !== "fail") return preflightUnclear({ because: verdict.because });
  const failed = findings.filter((finding) => finding.outcome === "fail");
  return preflightFailed({ failed: failed.map(({ title, saw }) => `${title}: ${saw}`) });
}
