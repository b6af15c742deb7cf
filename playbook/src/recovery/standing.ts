import type { LedgerEntry } from "../terms/index.js";
import { type Scenario, scenarioWords } from "./scenarios.js";
import { type RecoveryTrend, recoveryTrends } from "./trend.js";

/** How well a scenario is rehearsed. */
export type ScenarioStanding = {
  scenario: Scenario;
  /** What it is about, in a few words. */
  about: string;
  /** Why this playbook cannot drill it, in a sentence; left out when it can. */
  cannot?: string;
  /** How many drills of it came to an end that says something, and how many passed. */
  drills: number;
  passed: number;
  /** The newest of them. */
  last?: { at: number; state: string; because: string };
  /** When the next game day drills it, in milliseconds since the epoch. */
  next?: number;
  trends: RecoveryTrend[];
};

/** Ends that say nothing of the recovery. */
const idle = ["stopped", "cut off"];

/**
 * Tells how well a scenario is rehearsed.
 * @param entries `drill.finished` of one service, oldest first.
 * @param plan.cannot Why it cannot be drilled. @param plan.next When it is drilled next.
 */
export function standingOf(
  scenario: Scenario,
  entries: readonly LedgerEntry[],
  plan: { cannot?: string | undefined; next?: number | undefined },
): ScenarioStanding {
  const own = entries.filter(
    ({ data }) => data["scenario"] === scenario && !idle.includes(String(data["state"])),
  );
  const last = own.at(-1);
  return {
    scenario,
    about: scenarioWords[scenario],
    ...(plan.cannot === undefined ? {} : { cannot: plan.cannot }),
    drills: own.length,
    passed: own.filter(({ data }) => data["state"] === "passed").length,
    ...(last === undefined
      ? {}
      : {
          last: { at: last.at, state: String(last.data["state"]), because: String(last.data["because"]) },
        }),
    ...(plan.next === undefined ? {} : { next: plan.next }),
    trends: recoveryTrends(own),
  };
}
