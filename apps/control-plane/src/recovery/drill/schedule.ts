import { type DrillOutcome, isProblem, lastTime, type Problem } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../../control-plane.js";
import { page } from "../../on-call/index.js";
import { drillEnded, startDrill } from "./start.js";

const lookMs = 20_000;
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
  const { clock } = plane;
  while (!signal.aborted) {
    await drillWhenDue(plane, ref, signal).catch((error: unknown) => {
      // A playbook that can't be read now is told of by the monitors.
      if (!signal.aborted && !isProblem(error)) plane.reportBug("drilling on schedule", error);
    });
    await clock.sleep(lookMs, signal).catch(() => undefined);
  }
}

async function drillWhenDue(plane: ControlPlane, ref: PlaybookRef, signal: AbortSignal): Promise<void> {
  const { service, environment, settings } = await plane.open(ref);
  const { schedule } = settings.recovery.drill;
  if (schedule === undefined) return;
  const now = plane.clock.now();
  const due = lastTime(schedule, now);
  if (due === undefined || now - due > schedule.within) return;
  const { slots } = await plane.store();
  const [mine] = await slots.claim([`drill/${service}/${environment}`], due, String(process.pid));
  if (mine === undefined) return;
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
    if (!isProblem(error)) plane.reportBug("drilling on schedule", error);
    return {
      how: "did not take place",
      details: isProblem(error) ? wordsOf(error) : "An error that Atoms has no name for.",
    };
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
  return { how, details: `${problem === undefined ? `${because}.` : wordsOf(problem)}${rest}` };
}

const wordsOf = ({ code, happened, fix }: Pick<Problem, "code" | "happened" | "fix">) =>
  `${code} ${happened} ${fix}`;
