import type { Problem, Rollout } from "@atoms/playbook";
import { shareAt, type Weights } from "@atoms/split";
import { requestRefused, rolloutOfOthers } from "../../problems.js";
import { titleOf, type VercelPlatformOptions } from "../settings.js";

/** Puts weights into our words. Those that nobody renewed have ended by themselves. */
export function toRollout(weights: Weights, now: number): Rollout {
  const { candidate, stable, shares, stage } = weights;
  const common = { candidate: candidate.id, stable, shares: [...shares] };
  if (weights.state === "complete") {
    return { ...common, state: "complete", stage: shares.length - 1, share: 1 };
  }
  if (!isSplitting(weights, now)) return { ...common, state: "aborted", stage: 0, share: 0 };
  return { ...common, state: "active", stage, share: shareAt(weights, now) };
}

/** Whether the weights split traffic now. */
export function isSplitting(weights: Weights, now: number): boolean {
  return weights.state === "active" && now < weights.until;
}

/** ATM-314 for weights that are somebody else's. */
export function weightsOfOthers(asked: string, weights: Weights, options: VercelPlatformOptions): Problem {
  const { shares, stage, candidate, startedAt } = weights;
  const percent = Number(((shares[stage] ?? 0) * 100).toFixed(2));
  return rolloutOfOthers({
    platform: titleOf(options.name),
    api: options.api,
    asked,
    act: true,
    kind: "split by weights",
    running: candidate.id,
    stages: `stage ${stage + 1} of ${shares.length}, ${percent} %`,
    share: percent,
    startedAt: new Date(startedAt).toISOString(),
  });
}

/** ATM-312 for what can not be done as things are. */
export function notPossible(
  asked: string,
  code: string,
  message: string,
  options: VercelPlatformOptions,
): Problem {
  const { name, api } = options;
  return requestRefused({ platform: titleOf(name), api, asked, act: true, status: 200, code, message });
}
