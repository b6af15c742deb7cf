import { type Finding, type Verdict, verdictOf } from "../terms/index.js";
import type { Measurement, Shot, Validation } from "./model.js";
import { type Baseline, fewestSamples, type PerformanceSettings, type ValidationPlan } from "./settings.js";

const percentiles = ["p50", "p95", "p99"] as const;
type Percentile = (typeof percentiles)[number];

/**
 * A percentile by nearest rank: the smallest value that at least `percent` in a hundred of the values do not exceed.
 * Always one of the values; nothing is interpolated.
 * @param values Sorted, smallest first, at least one.
 * @param percent A whole number from 1 to 100.
 */
export function nearestRank(values: readonly number[], percent: number): number {
  const value = values[Math.ceil((percent * values.length) / 100) - 1];
  if (value === undefined) throw new Error("a percentile of nothing");
  return value;
}

/** Percentiles of what the users waited. A request that failed never got its answer: it counts as endless. */
export function waited(
  shots: readonly Shot[],
  ms: (shot: Shot) => number = (shot) => shot.ms,
): Record<Percentile, number> {
  const sorted = shots.map((shot) => (shot.ok ? ms(shot) : Number.POSITIVE_INFINITY)).sort((a, b) => a - b);
  const at = (percent: number) =>
    sorted.length === 0 ? Number.POSITIVE_INFINITY : nearestRank(sorted, percent);
  return { p50: at(50), p95: at(95), p99: at(99) };
}

/**
 * Judges one path against its baseline.
 * Failures come first: they are counted, whatever the times. Too few samples for a percentile that the baseline limits
 * are no pass, and neither is a limit missed only because this machine was late to ask.
 * @returns A finding; `evidence.inconclusive` tells "too little was seen" from "could not be made".
 */
export function judgePath(
  measurement: Measurement,
  baseline: Baseline,
  settings: PerformanceSettings,
): Omit<Finding, "ms"> {
  const { path, shots, planned } = measurement;
  const failed = shots.filter((shot) => !shot.ok);
  const took = waited(shots);
  const lateness = Math.max(0, ...shots.map((shot) => shot.lateMs));
  const evidence: NonNullable<Finding["evidence"]> = {
    path,
    planned,
    samples: shots.length,
    failures: failed.length,
  };
  for (const name of percentiles) {
    if (shots.length >= fewestSamples[name]) evidence[`${name}_ms`] = finite(took[name]);
    if (baseline[name] !== undefined) evidence[`${name}_limit_ms`] = baseline[name];
  }
  evidence["late_ms"] = Math.round(lateness);
  const finding = { check: `performance ${path}`, title: `Fast enough at ${path}`, evidence };
  const unjudged = (saw: string, fix: string): Omit<Finding, "ms"> => ({
    ...finding,
    outcome: "error",
    saw,
    fix,
    evidence: { ...evidence, inconclusive: true },
  });

  if (failed.length > settings.max_failures * planned) {
    const early =
      measurement.stopped === "too many failures" ? `, so the rest of ${planned} was not asked` : "";
    return {
      ...finding,
      outcome: "fail",
      saw: `${failed.length} of ${shots.length} requests failed (${reasons(failed)})${early}.`,
      fix: failureFix(failed),
    };
  }
  const short = percentiles.find(
    (name) => baseline[name] !== undefined && shots.length < fewestSamples[name],
  );
  if (short !== undefined) {
    return unjudged(
      `${shots.length} samples are too few to tell a ${short} (at least ${fewestSamples[short]}).`,
      "Raise `validation.performance.samples`, or limit only p50 and p95.",
    );
  }
  const over = percentiles.filter((name) => took[name] > (baseline[name] ?? Number.POSITIVE_INFINITY));
  const figures = percentiles
    .filter((name) => baseline[name] !== undefined)
    .map((name) => `${name} ${inMs(took[name])} of ${baseline[name]} ms`)
    .join(", ");
  const some = failed.length === 0 ? "" : `; ${failed.length} of ${shots.length} failed (${reasons(failed)})`;
  if (over.length === 0) return { ...finding, outcome: "pass", saw: `${figures}${some}.` };
  const punctual = waited(shots, (shot) => shot.ms - shot.lateMs);
  if (over.every((name) => punctual[name] <= (baseline[name] ?? Number.POSITIVE_INFINITY))) {
    return unjudged(
      `${figures}, but only because this machine was up to ${Math.round(lateness)} ms late to ask.`,
      "Repeat it while this machine is less busy, or lower `validation.performance.rate`.",
    );
  }
  return {
    ...finding,
    outcome: "fail",
    saw: `${figures}${some}.`,
    fix: "Find what became slower since the last release; if the limit is wrong for this service, set `validation.performance.baselines`.",
  };
}

/** One verdict over all findings: as everywhere, but "too little was seen" is inconclusive and not an error. */
export function judge(findings: readonly Finding[]): Verdict {
  const open = findings.filter((finding) => finding.evidence?.["inconclusive"] === true);
  const verdict = verdictOf(findings.filter((finding) => !open.includes(finding)));
  if (open.length === 0 || verdict.kind === "fail" || verdict.kind === "error") return verdict;
  return {
    kind: "inconclusive",
    because: open.map((finding) => `${finding.title}: ${finding.saw}`).join("; "),
  };
}

/** Findings with their verdict. */
export function judged(findings: Finding[]): Validation {
  return { findings, verdict: judge(findings) };
}

/** The baselines that hold: those of the playbook, else the health path with p95 50 ms and p99 100 ms. */
export function baselinesOf(settings: ValidationPlan): [path: string, baseline: Baseline][] {
  const { performance, smoke } = settings;
  if (performance === false) return [];
  if (performance.baselines !== undefined) return Object.entries(performance.baselines);
  return smoke.health === false ? [] : [[smoke.health.path, { p95: 50, p99: 100 }]];
}

function reasons(failed: readonly Shot[]): string {
  const counts = new Map<string, number>();
  for (const shot of failed) {
    const reason = shot.why ?? String(shot.status);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} × ${reason}`).join(", ");
}

function failureFix(failed: readonly Shot[]): string {
  if (failed.some((shot) => shot.status === 429)) {
    return "The service limits the rate: set `validation.probe_header`, by which it knows its monitors, or lower `validation.performance.rate`.";
  }
  if (failed.some((shot) => shot.status === 401 || shot.status === 403)) {
    return "The path wants a token: set `validation.bearer`.";
  }
  return "See `atoms logs` for what happened to them.";
}

const finite = (ms: number) => (Number.isFinite(ms) ? Math.round(ms * 10) / 10 : null);
const inMs = (ms: number) => (Number.isFinite(ms) ? String(Math.round(ms * 10) / 10) : "no answer");
