import {
  type AnalysisSettings,
  analysisDefaults,
  type Bucket,
  binCount,
  type Estimate,
  type Guardrail,
  guardrailDefaults,
  lowerEdges,
  quantileEstimate,
  type Report,
  type RunningReplay,
} from "../statistics/index.js";
import type { LedgerEntry } from "../terms/index.js";
import { followEvidence } from "./canary-evidence.js";
import type { ArmLatencies, BandPoint, MeasureSeries, Point, ReportCanary } from "./model.js";

/** Moments at which the whole report is asked for: enough for a line, and few enough to be quick. */
const mostPoints = 160;

/** What the ledger tells of a canary, judged again. @returns undefined where nothing was measured. */
export function canaryReport(entries: readonly LedgerEntry[]): ReportCanary | undefined {
  const looks = entries.filter(({ kind }) => kind === "analysis.observed");
  const total = looks.reduce(
    (sum, { data }) => sum + (Array.isArray(data["buckets"]) ? data["buckets"].length : 0),
    0,
  );
  if (total === 0) return undefined;
  const every = Math.max(1, Math.ceil(total / mostPoints));
  const latencies = { canary: new Float64Array(binCount), stable: new Float64Array(binCount) };
  const moments: { at: number; report: Report }[] = [];
  let running: RunningReplay | undefined;
  let chosen: AnalysisSettings | undefined;
  let buckets = 0;
  let failed = false;

  const followed = followEvidence((bucket, replay, settings) => {
    running = replay;
    chosen = settings;
    addLatencies(latencies, bucket);
    const fails = replay.steps.at(-1)?.verdict.kind === "fail";
    // The moment of the alarm is always told; after it nothing is judged any more.
    if (!failed && (fails || buckets % every === every - 1))
      moments.push({ at: bucket.start + bucket.seconds * 1_000, report: replay.report() });
    failed = fails;
    buckets++;
  });
  for (const entry of entries) followed.take(entry);
  if (running === undefined || chosen === undefined) return undefined;
  const level = chosen.interval_level ?? analysisDefaults.interval_level;
  const { report, verdict, steps } = running.end();
  const last = steps.at(-1)?.until;
  if (last !== undefined && moments.at(-1)?.at !== last && !failed) moments.push({ at: last, report });
  const quantiles = latencies.canary.some((n) => n > 0) && latencies.stable.some((n) => n > 0);
  return {
    report,
    verdict,
    level,
    steps: steps.map(({ split, from, until, verdict: its }) => ({ split, from, until, verdict: its.kind })),
    looks: looks.length,
    buckets,
    guardrails: report.guardrails,
    evidence: moments.map(({ at, report: then }) => ({ at, value: then.logE })),
    evidenceOf: report.guardrails.map(({ id }, i) => ({
      guardrail: id,
      points: moments.map(
        ({ at, report: then }): Point => ({ at, value: then.guardrails[i]?.evidence.logE ?? 0 }),
      ),
    })),
    measures: seriesOf(report, moments, chosen),
    ...(quantiles
      ? {
          latencies: {
            canary: armLatencies(latencies.canary, level),
            stable: armLatencies(latencies.stable, level),
          },
        }
      : {}),
  };
}

function seriesOf(
  report: Report,
  moments: readonly { at: number; report: Report }[],
  settings: AnalysisSettings,
): MeasureSeries[] {
  const limits = new Map(settings.guardrails.flatMap(limitsIn));
  const all = new Map<string, MeasureSeries>();
  for (const [g, guardrail] of report.guardrails.entries())
    for (const [m, { what, unit }] of guardrail.measures.entries()) {
      const line = (arm: "canary" | "stable") =>
        moments.flatMap(({ at, report: then }) => bandPoint(at, then.guardrails[g]?.measures[m]?.[arm]));
      const canary = line("canary");
      const stable = line("stable");
      const limit = limits.get(guardrail.id);
      const known = all.get(what);
      if (known === undefined)
        all.set(what, {
          guardrails: [guardrail.id],
          what,
          unit,
          ...(limit === undefined ? {} : { limit }),
          canary,
          stable,
        });
      else {
        // Two guardrails that look at one measure draw one line, the one that knows more of it.
        known.guardrails.push(guardrail.id);
        if (known.stable.length < stable.length) Object.assign(known, { canary, stable });
        if (limit !== undefined) known.limit = Math.min(known.limit ?? limit, limit);
      }
    }
  return [...all.values()];
}

/** The limits that guardrails put on a share by themselves; those inside `both` are excused by the others, and left out. */
function limitsIn(guardrail: Guardrail): [string, number][] {
  if (guardrail.kind !== "errors" && guardrail.kind !== "slow") return [];
  return [[guardrail.id, guardrail.limit ?? guardrailDefaults[guardrail.kind].limit]];
}

function bandPoint(at: number, estimate: Estimate | null | undefined): BandPoint[] {
  if (!estimate || estimate.sample <= 0 || !Number.isFinite(estimate.value)) return [];
  const { value, low, high } = estimate;
  return [{ at, value, low, high: Number.isFinite(high) ? high : null }];
}

function addLatencies(sums: Record<"canary" | "stable", Float64Array>, bucket: Bucket): void {
  for (const arm of ["canary", "stable"] as const)
    for (const [bin, count] of bucket[arm].latency ?? []) sums[arm][bin] = (sums[arm][bin] ?? 0) + count;
}

const told = [0.5, 0.9, 0.95, 0.99] as const;

function armLatencies(counts: Float64Array, level: number): ArmLatencies {
  return {
    requests: Math.round(counts.reduce((a, b) => a + b, 0)),
    bins: [...counts].flatMap((count, bin) => (count > 0 ? [[lowerEdges[bin] ?? 0, count] as const] : [])),
    quantiles: told.flatMap((q) => {
      const found = quantileEstimate(counts, q, level);
      if (found === undefined || !Number.isFinite(found.value)) return [];
      const { value, low, high } = found;
      return [{ q, value, low, high: Number.isFinite(high) ? high : null }];
    }),
  };
}
