import type { Problem, Verdict } from "../terms/index.js";
import { unfitForTraffic, validationBroken, validationInconclusive } from "./problems.js";

/** The problem that a verdict amounts to, for `atoms smoke` and `atoms perf`; undefined for a pass. */
export function problemOf(verdict: Verdict, address: string): Problem | undefined {
  if (verdict.kind === "pass") return undefined;
  const facts = { address, because: verdict.because.replace(/\.$/, "") };
  if (verdict.kind === "fail") return unfitForTraffic(facts);
  return verdict.kind === "inconclusive" ? validationInconclusive(facts) : validationBroken(facts);
}
