import { type GateMove, waitsText } from "../../gates/index.js";
import type { AnalysisVerdict } from "../../statistics/index.js";
import { behind, type CanarySettings } from "../settings.js";

/** What is known of a step when its next move is decided. */
export type CanaryFacts = {
  /** What the evidence says; harm counts from the beginning of the release, proof of health for this step. */
  verdict: AnalysisVerdict;
  /** Since the step began, in milliseconds. */
  elapsedMs: number;
  /** Requests of the canary that were measured in this step. */
  requests: number;
  /** Since the last request of the canary that was measured in this step, or since the step began, in milliseconds; Infinity in a dark step. */
  silentMs: number;
  /** Whether Atoms' own requests take the source's place in this step. */
  probing: boolean;
  /** How the gates before the next step stand; undefined until they were asked. */
  gates: GateMove | undefined;
};

/** What a canary does next. */
export type CanaryMove =
  | { do: "look"; because: string }
  | { do: "probe"; because: string }
  /** The step itself may end: its gates are to be asked, and then the move is decided anew. */
  | { do: "ask the gates"; because: string }
  | { do: "next"; because: string }
  | { do: "roll back"; because: string };

/**
 * Says the next move of a step; makes none. Proof of harm goes back at once, also while a person is waited for. A step
 * ends on proof of health, or when its time is up with enough requests and no proof of harm; never on silence. What is
 * held is held for a bounded time, and then goes back; the gates have their own ends, and no wait at them is without one.
 */
export function nextCanaryMove(facts: CanaryFacts, settings: CanarySettings): CanaryMove {
  const { verdict, elapsedMs, requests } = facts;
  if (verdict.kind === "fail") return { do: "roll back", because: verdict.because };
  const heldTooLong = elapsedMs >= settings.bake + settings.hold;

  const ready = readiness(facts, settings);
  if (ready === undefined) {
    if (mayProbe(facts, settings)) {
      const silent = `${settings.source} told of no request of the new deployment`;
      if (facts.silentMs >= settings.silence + behind(settings)) return { do: "probe", because: silent };
      if (elapsedMs >= settings.bake && requests < settings.min_requests) {
        return { do: "probe", because: `${settings.source} told of only ${requests} requests` };
      }
    }
    if (elapsedMs < settings.bake) {
      const because = verdict.kind === "inconclusive" ? verdict.because : "no proof of health yet";
      return { do: "look", because };
    }
    if (requests >= settings.min_requests) {
      return { do: "roll back", because: "the step's time was up without proof of health" };
    }
    const few = `only ${requests} of ${settings.min_requests} requests were seen`;
    if (settings.no_data === "fail" || heldTooLong) {
      return { do: "roll back", because: `the step's time was up and ${few}` };
    }
    return { do: "look", because: `held for data: ${few}` };
  }
  const { gates } = facts;
  switch (gates?.do) {
    case undefined:
      return { do: "ask the gates", because: ready };
    case "pass":
      return { do: "next", because: gates.because === "" ? ready : `${ready}; ${gates.because}` };
    case "refuse":
      return { do: "roll back", because: `the gate before the next step refused: ${gates.answer.because}` };
    case "wait":
      return { do: "look", because: `${ready}; waiting for ${waitsText(gates.waits)}` };
  }
}

/** Whether own requests could still be sent in the source's place. */
const mayProbe = ({ probing }: CanaryFacts, { no_data, source }: CanarySettings) =>
  no_data === "probe" && source !== "probe" && !probing;

/** Fewest requests of both arms together from which a share can be told. */
const enoughToTell = 50;
/** Below this part of the requests that its share of traffic promises, a deployment may be dropping or hanging them. */
const leastExposure = 0.2;

/**
 * Says when the canary gets far fewer requests than its share promises: routing does not split as it is told, or the
 * canary hangs, which looks like health wherever only completed requests are counted.
 * @param seen Requests measured in the step, and the canary's share of traffic in it, 0 to 1.
 * @returns A sentence without its full stop; undefined when all is as expected, or too little was seen.
 */
export function lowExposure(seen: { canary: number; stable: number; split: number }): string | undefined {
  const expected = (seen.canary + seen.stable) * seen.split;
  if (expected < enoughToTell * 0.1 || seen.canary + seen.stable < enoughToTell) return undefined;
  if (seen.canary >= leastExposure * expected) return undefined;
  const percent = Math.round((seen.canary / expected) * 100);
  return `the new deployment got ${Math.round(seen.canary)} requests where ${Math.round(expected)} were expected (${percent} %): it drops or hangs them, or traffic is not split as it should be`;
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
