import { type DrillOutcome, isProblem } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../../control-plane.js";
import { claimTurn, keepLooking, problemWords, troubleWords } from "../../keep-looking.js";
import { page } from "../../on-call/index.js";
import { drillEnded, startDrill } from "./start.js";

const lookMs = 20_000;
const what = "drilling on schedule";
const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;
const scenario = "database_failure";

/**
 * Drills at the times of the playbook, until the signal fires: the game day. One control plane of those that share a store
 * begins each. A drill that did not pass pages whoever is on call: it is found out now, and not on the day it is needed.
 */
export async function keepDrilling(
  plane: ControlPlane,
  ref: PlaybookRef,
  signal: AbortSignal,
): Promise<void> {
  await keepLooking(plane, { what, everyMs: lookMs }, () => drillWhenDue(plane, ref, signal), signal);
}

async function drillWhenDue(plane: ControlPlane, ref: PlaybookRef, signal: AbortSignal): Promise<void> {
  const { service, environment, settings } = await plane.open(ref);
  const { schedule } = settings.recovery.drill;
  const due = await claimTurn(plane, `drill/${service}/${environment}`, schedule);
  if (due === undefined) return;
  const wrong = await drill(plane, ref, signal);
  // A control plane that is closing takes the stage down, and the next one writes the end.
  if (wrong === undefined || signal.aborted) return;
  const id = `drill_${due.toString(36)}`;
  await page(plane, {
    ...ref,
    id,
    severity: "P3",
    title: `The scheduled drill of ${scenario} ${wrong.how}`,
    details: wrong.details,
    about: { kind: "alert", id },
    actor,
  });
}

/** Drills. @returns what is wrong; undefined when it passed, or was stopped by a person. */
async function drill(
  plane: ControlPlane,
  { playbook }: PlaybookRef,
  signal: AbortSignal,
): Promise<{ how: string; details: string } | undefined> {
  try {
    const order = await startDrill(plane, { playbook }, scenario, actor);
    return wrongWith(await drillEnded(plane, order, () => undefined, signal));
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!isProblem(error)) plane.reportBug(what, error);
    return { how: "did not take place", details: troubleWords(error) };
  }
}

function wrongWith({
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
