import type { AnalysisSettings, Guardrail } from "../../statistics/index.js";
import { type CanarySettings, isMeasured } from "../settings.js";

/**
 * The runbook's limits, and the comparison with what users have now: at most 1% errors, p95 within 500 ms. The limits on
 * errors are strict, so that a disaster is seen within seconds; latencies, where one pause is no verdict, are robust.
 */
const usual: readonly Guardrail[] = [
  { kind: "errors", id: "error rate", limit: 0.01, profile: "strict" },
  { kind: "slow", id: "p95 latency", over: 500, limit: 0.05 },
  { kind: "relative_errors", id: "errors against stable" },
  { kind: "relative_latency", id: "latency against stable" },
];

/** An MCP tool that fails does so inside an HTTP 200, where the limits above are blind. */
const toolErrors: Guardrail = {
  kind: "errors",
  id: "tool errors",
  of: "tool_calls",
  limit: 0.01,
  profile: "strict",
};

/** How a canary of this kind of service is judged. */
export function analysisSettings(settings: CanarySettings, kind: "http" | "mcp"): AnalysisSettings {
  const guardrails =
    settings.guardrails ??
    (kind === "mcp" ? [...usual, toolErrors] : usual).filter((one) => isMeasured(one, settings));
  return {
    guardrails: settings.source === "prometheus" ? guardrails.map(withoutCoarseProof) : guardrails,
    false_alarms: settings.false_alarms,
    profile: settings.profile,
    // This source leaves the warm-up out itself: its buckets are too long for it.
    warm_up_seconds: settings.source === "vercel" ? 0 : settings.warm_up / 1_000,
    step_seconds: settings.step_minimum / 1_000,
  };
}

/**
 * A Prometheus histogram says only between which bounds a latency lies. Read in favour of the canary that is sound against
 * it, and for the same reason proves nothing for it: its health is proven by the share over the limit, which is exact.
 */
function withoutCoarseProof(guardrail: Guardrail): Guardrail {
  if (guardrail.kind === "both") return { ...guardrail, all: guardrail.all.map(withoutCoarseProof) };
  return guardrail.kind === "relative_latency" ? { ...guardrail, pass: false } : guardrail;
}

/** Latency limits, in milliseconds, that have to be counted exactly while measuring. */
export function countedLimits(guardrails: readonly Guardrail[]): number[] {
  const limits = guardrails.flatMap((guardrail): number[] => {
    if (guardrail.kind === "slow") return [guardrail.over];
    return guardrail.kind === "both" ? countedLimits(guardrail.all) : [];
  });
  return [...new Set(limits)];
}
