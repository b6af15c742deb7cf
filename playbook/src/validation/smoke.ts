import { type Finding, formatDuration, isInterruption, isProblem } from "../terms/index.js";
import type { Check } from "./checks/check.js";
import { OutOfTime, within } from "./deadline.js";
import type { Seen } from "./model.js";
import type { OnFinding } from "./ports.js";
import type { Visit } from "./visit.js";

/** Requests left unanswered in a row after which the remaining checks are not made: each would only wait as long. */
const enoughSilence = 3;

/**
 * Makes checks one after the other, in their order, and reports all of them: a failure does not stop the next.
 * @param onFinding Told of each as it comes.
 * @throws The reason of the visit's signal when it fires; nothing for what the service does.
 */
export async function makeChecks(
  list: readonly Check[],
  visit: Visit,
  onFinding: OnFinding,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of list) {
    if (!check.wanted(visit.settings.smoke)) continue;
    const finding =
      visit.unanswered() >= enoughSilence
        ? notMade(check, visit.unanswered())
        : await makeCheck(check, visit);
    findings.push(finding);
    await onFinding(finding);
  }
  return findings;
}

/** Makes one check, within its time. Whatever goes wrong in it is an `error`, never a pass. */
export async function makeCheck(check: Check, visit: Visit): Promise<Finding> {
  const began = visit.clock.monotonic();
  const limit = check.patience * visit.settings.timeout;
  let seen: Seen;
  try {
    seen = await within(limit, visit.clock, visit.signal, (signal) => check.run(visit.under(signal)));
  } catch (error) {
    visit.signal.throwIfAborted();
    if (isInterruption(error)) throw error;
    seen = broken(error, limit);
  }
  const finding: Finding = {
    check: check.name,
    title: check.title,
    outcome: seen.outcome,
    saw: visit.redact(seen.saw),
    ...(seen.fix === undefined || seen.outcome === "pass" ? {} : { fix: visit.redact(seen.fix) }),
    ms: Math.round(visit.clock.monotonic() - began),
  };
  if (seen.evidence === undefined) return finding;
  const evidence = Object.entries(seen.evidence).map(([key, value]) => [
    key,
    typeof value === "string" ? visit.redact(value) : value,
  ]);
  return { ...finding, evidence: Object.fromEntries(evidence) };
}

function broken(error: unknown, limit: number): Seen {
  if (error instanceof OutOfTime) {
    return {
      outcome: "error",
      saw: `The check was not done after ${formatDuration(limit)}.`,
      fix: "See whether the service answers at all, or raise `validation.timeout`.",
    };
  }
  if (isProblem(error)) return { outcome: "error", saw: `${error.code} ${error.happened}`, fix: error.fix };
  const message = error instanceof Error ? error.message : String(error);
  return {
    outcome: "error",
    saw: `The check itself broke: ${message}`,
    fix: "This is a fault of Atoms or of its surroundings, not of the service; `atoms doctor` looks for it.",
  };
}

function notMade(check: Check, unanswered: number): Finding {
  return {
    check: check.name,
    title: check.title,
    outcome: "error",
    saw: `Not made: the last ${unanswered} requests were left unanswered.`,
    fix: "See to the checks before it first.",
    ms: 0,
  };
}
