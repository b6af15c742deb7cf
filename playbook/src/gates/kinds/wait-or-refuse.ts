import type { Problem } from "../../terms/index.js";
import type { AskedAt, GateAnswer } from "../model.js";
import { waitedText } from "../words.js";

/**
 * What a shut gate comes to: it is waited for until its time is up. A gate that cannot open before that refuses at once.
 * @param opensAt When it opens, if that is known: a moment, or "never".
 */
export function waitOrRefuse(
  { now, since }: AskedAt,
  waitMs: number,
  shut: { because: string; opensAt?: number | "never"; problem: (waited: string | undefined) => Problem },
): GateAnswer {
  const { because, opensAt } = shut;
  const until = since + waitMs;
  const inVain = opensAt !== undefined && (opensAt === "never" || opensAt > until);
  if (now >= until || inVain)
    return { is: "refused", because, problem: shut.problem(waitedText(since, now)).toJSON() };
  return {
    is: "shut",
    because,
    until,
    otherwise: "refuse",
    ...(typeof opensAt === "number" ? { opensAt } : {}),
  };
}

/** A gate that somebody goes past on purpose stands open, and says what it would have said. */
export function goPast(answer: GateAnswer, reason: string | undefined): GateAnswer {
  if (answer.is === "open" || reason === undefined) return answer;
  return { is: "open", because: answer.because, overridden: reason };
}
