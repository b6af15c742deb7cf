import type { AnalysisVerdict } from "../../statistics/index.js";
import type { CanarySettings } from "../settings.js";

/** What is known of a step when its next move is decided. */
export type CanaryFacts = {
  /** What the evidence says; harm counts from the beginning of the release, proof of health for this step. */
  verdict: AnalysisVerdict;
  /** Since the step began, in milliseconds. */
  elapsedMs: number;
  /** Requests of the canary that were measured in this step. */
  requests: number;
  /** Whether a person has to approve before the next step. */
  needsApproval: boolean;
  /** Who approved, if somebody did in this step. */
  approvedBy: string | undefined;
};

/** What a canary does next. */
export type CanaryMove =
  | { do: "look"; because: string }
  | { do: "next"; because: string }
  | { do: "roll back"; because: string };

/**
 * Says the next move of a step; makes none. Proof of harm goes back at once, also while a person is waited for. A step
 * ends on proof of health, or when its time is up with enough requests and no proof of harm; never on silence. What is
 * held is held for a bounded time, and then goes back.
 */
export function nextCanaryMove(facts: CanaryFacts, settings: CanarySettings): CanaryMove {
  const { verdict, elapsedMs, requests } = facts;
  if (verdict.kind === "fail") return { do: "roll back", because: verdict.because };
  const heldTooLong = elapsedMs >= settings.bake + settings.hold;

  const ready = readiness(facts, settings);
  if (ready === undefined) {
    if (elapsedMs < settings.bake) {
      const because = verdict.kind === "inconclusive" ? verdict.because : "no proof of health yet";
      return { do: "look", because };
    }
    if (requests >= settings.min_requests) {
      return { do: "roll back", because: "the step's time was up without proof of health" };
    }
    const few = `only ${requests} of ${settings.min_requests} requests were seen`;
    if (settings.no_data === "roll back" || heldTooLong) {
      return { do: "roll back", because: `the step's time was up and ${few}` };
    }
    return { do: "look", because: `held for data: ${few}` };
  }
  if (!facts.needsApproval) return { do: "next", because: ready };
  if (facts.approvedBy !== undefined)
    return { do: "next", because: `${ready}; approved by ${facts.approvedBy}` };
  if (heldTooLong) return { do: "roll back", because: "nobody approved the next step in time" };
  return { do: "look", because: `waiting for an approval (${ready})` };
}

/** Why the step may end well, if it may. */
function readiness(
  { verdict, elapsedMs, requests }: CanaryFacts,
  settings: CanarySettings,
): string | undefined {
  if (verdict.kind === "pass") return "proof of health";
  const timeIsUp = elapsedMs >= settings.bake && requests >= settings.min_requests;
  return timeIsUp && settings.unproven === "proceed"
    ? `${requests} requests without proof of harm`
    : undefined;
}

/** Whether a person has to approve before a step with this share, in percent, begins. */
export function approvalNeeded(next: number, settings: CanarySettings): boolean {
  return settings.approve === "every step" || (settings.approve === "before 100" && next === 100);
}
