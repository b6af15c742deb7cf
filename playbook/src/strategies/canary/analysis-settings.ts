import type { AnalysisSettings, Guardrail } from "../../statistics/index.js";
import type { CanarySettings } from "../settings.js";

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
  return {
    guardrails: settings.guardrails ?? (kind === "mcp" ? [...usual, toolErrors] : usual),
    false_alarms: settings.false_alarms,
    profile: settings.profile,
    warm_up_seconds: settings.warm_up / 1_000,
    step_seconds: settings.step_minimum / 1_000,
  };
}

/** Latency limits, in milliseconds, that have to be counted exactly while measuring. */
export function countedLimits(guardrails: readonly Guardrail[]): number[] {
  const limits = guardrails.flatMap((guardrail): number[] => {
    if (guardrail.kind === "slow") return [guardrail.over];
    return guardrail.kind === "both" ? countedLimits(guardrail.all) : [];
  });
  return [...new Set(limits)];
}
