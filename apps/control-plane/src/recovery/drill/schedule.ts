import { type Drill, type DrillOutcome, drills, isProblem, type Scenario } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../../control-plane.js";
import { claimTurn, keepLooking, problemWords, troubleWords } from "../../keep-looking.js";
import { page } from "../../on-call/index.js";
import { drillScenarios } from "./scenarios.js";
import { drillEnded, isDrilling, startDrill } from "./start.js";

const lookMs = 20_000;
const what = "drilling on schedule";
const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;

/**
 * Drills at the times of the playbook, until the signal fires: the game day, one scenario after the other. One control plane of
 * those that share a store begins each. A drill that did not pass pages whoever is on call: it is found out now, and not on the
 * day it is needed.
 */
export async function keepDrilling(
  plane: ControlPlane,
  ref: PlaybookRef,
  signal: AbortSignal,
): Promise<void> {
  await keepLooking(plane, { what, everyMs: lookMs }, () => drillWhenDue(plane, ref, signal), signal);
}

async function drillWhenDue(plane: ControlPlane, ref: PlaybookRef, signal: AbortSignal): Promise<void> {
  const open = await plane.open(ref);
  const { schedule } = open.settings.recovery.drill;
  for (const scenario of scenariosToDrill(open)) {
    // Whose turn comes while another drill is under way waits for it; a person may have begun that one.
    if (signal.aborted || (await isDrilling(plane, open))) return;
    const slot = `drill/${open.service}/${open.environment}/${scenario}`;
    const due = await claimTurn(plane, slot, schedule);
    if (schedule !== undefined && due !== undefined)
      await drillAndRaise(plane, ref, scenario, { due, until: due + schedule.within }, signal);
  }
}

/** Why a scenario cannot be drilled with a playbook, in a sentence; undefined when it can. */
export function lacksForDrill(open: OpenPlaybook, scenario: Scenario): string | undefined {
  const drill = drills.find((one) => one === scenario);
  if (drill === undefined) return "There is no drill of it.";
  try {
    drillScenarios[drill].check(open);
    return undefined;
  } catch (error) {
    if (isProblem(error)) return error.happened;
    throw error;
  }
}

/** What is drilled on a game day: what is named, else all that the playbook has what is needed for. */
export function scenariosToDrill(open: OpenPlaybook): readonly Drill[] {
  const { scenarios } = open.settings.recovery.drill;
  if (scenarios !== undefined) return scenarios;
  const possible = drills.filter((scenario) => lacksForDrill(open, scenario) === undefined);
  // A game day without anything to drill is a mistake that somebody has to hear of.
  return possible.length > 0 ? possible : drills.slice(0, 1);
}

async function drillAndRaise(
  plane: ControlPlane,
  ref: PlaybookRef,
  scenario: Drill,
  { due, until }: { due: number; until: number },
  signal: AbortSignal,
): Promise<void> {
  const wrong = await drill(plane, ref, scenario, until, signal);
  // A control plane that is closing takes the stage down, and the next one writes the end.
  if (wrong === undefined || signal.aborted) return;
  const id = `drill_${scenario}_${due.toString(36)}`;
  await page(plane, {
    ...ref,
    id,
    severity: "P3",
    title: `The scheduled drill of ${scenario} ${wrong.how}`,
    details: wrong.details,
    about: { kind: "drill", id },
    actor,
  });
}

/** Drills, once no other drill is under way. @param until How long that is waited for, in milliseconds since the epoch. @returns what is wrong; undefined when it passed, or was stopped by a person. */
async function drill(
  plane: ControlPlane,
  { playbook }: PlaybookRef,
  scenario: Drill,
  until: number,
  signal: AbortSignal,
): Promise<{ how: string; details: string } | undefined> {
  for (;;) {
    try {
      const order = await startDrill(plane, { playbook }, scenario, actor);
      return wrongWith(await drillEnded(plane, order, () => undefined, signal));
    } catch (error) {
      if (signal.aborted) return undefined;
      // Somebody else has begun one in the same moment.
      if (isProblem(error) && error.code === "ATM-682" && plane.clock.now() < until) {
        await plane.clock.sleep(lookMs, signal).catch(() => undefined);
        continue;
      }
      if (!isProblem(error)) plane.reportBug(what, error);
      return { how: "did not take place", details: troubleWords(error) };
    }
  }
}

/** What whoever is on call hears of how a scheduled drill ended; undefined when there is nothing to hear. */
export function wrongWith({
  state,
  because,
  problem,
  left,
}: DrillOutcome): { how: string; details: string } | undefined {
  const rest = left === undefined ? "" : ` Not removed: ${left}`;
  if (state === "passed" || state === "stopped")
    return left === undefined ? undefined : { how: "left something behind", details: left };
  const how = state === "missed" ? "missed a target" : state === "failed" ? "failed" : "was cut off";
  return { how, details: `${problem === undefined ? `${because}.` : problemWords(problem)}${rest}` };
}
