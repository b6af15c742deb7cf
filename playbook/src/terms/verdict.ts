/**
 * What was judged. Inconclusive and error are cases of their own, so that silence or a broken measurement can never
 * be taken for health.
 */
export type Verdict =
  | { kind: "pass" }
  | { kind: "fail"; because: string }
  | { kind: "inconclusive"; because: string }
  | { kind: "error"; because: string };

/** What one check found. `evidence` holds the numbers that led to it. */
export type Finding = {
  check: string;
  title: string;
  outcome: "pass" | "warn" | "fail" | "error";
  /** One sentence: what was seen. */
  saw: string;
  /** What to do about it, when it is not a pass. */
  fix?: string;
  /** How long the check took, in milliseconds. */
  ms: number;
  evidence?: { [key: string]: string | number | boolean | null };
};

/** Folds findings into one verdict: any fail fails, else any error is an error; a warning does not stop a release. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const failed = findings.filter((f) => f.outcome === "fail");
  if (failed.length > 0)
    return { kind: "fail", because: failed.map((f) => `${f.title}: ${f.saw}`).join("; ") };
  const broken = findings.filter((f) => f.outcome === "error");
  if (broken.length > 0)
    return { kind: "error", because: broken.map((f) => `${f.title}: ${f.saw}`).join("; ") };
  if (findings.length === 0) return { kind: "inconclusive", because: "no check ran" };
  return { kind: "pass" };
}
