import type { Maintenance, MaintenanceOrder } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { maintenanceFlowOf } from "./flow.js";
import { everyMaintenanceNow, maintenanceNow } from "./read.js";

/** A maintenance under way, and the flow that works on it. */
export type WorkedOn = { standing: Maintenance; flow: string };

/** Sees to it that every maintenance under way in the store is worked on, whichever playbook it is of. */
export async function goOnWithAllLost(plane: ControlPlane): Promise<void> {
  for (const { playbook } of await everyMaintenanceNow(plane)) {
    const ref = { playbook: playbook.path, platform: playbook.platform };
    await goOnWithLost(plane, await plane.open(ref), ref);
  }
}

/**
 * Sees to it that the maintenance under way is worked on: its process died before it could start the flow, or in the
 * middle of it, or this Atoms can no longer run the flow it has; then another one opens the door.
 * @returns undefined when none is under way.
 */
export async function goOnWithLost(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
): Promise<WorkedOn | undefined> {
  const standing = await maintenanceNow(plane, open);
  if (standing === undefined) return undefined;
  const engine = await plane.engine();
  const flow = await engine.state(standing.id);
  const own = { standing, flow: standing.id };
  if (flow.state === "running") return own;
  if (flow.state === "interrupted" && flow.because === undefined) {
    await engine.resume(standing.id);
    return own;
  }
  if (flow.state === "unknown") {
    await engine.start(maintenanceFlowOf(plane), standing.id, orderOf(standing, open, ref));
    return own;
  }
  if (flow.state === "failed") plane.reportBug(`maintenance ${standing.id}`, flow.error);
  if (flow.state === "interrupted") await engine.giveUp(standing.id, flow.because ?? "");
  const again = `${standing.id}:open`;
  const order = { ...orderOf(standing, open, ref), tasks: [], hold: false, until: plane.clock.now() };
  await engine.start(maintenanceFlowOf(plane), again, order);
  await engine.resume(again);
  return { standing, flow: again };
}

/** The order of a maintenance whose flow was never started: the playbook is then the file as it is now. */
function orderOf(standing: Maintenance, open: OpenPlaybook, ref: PlaybookRef): MaintenanceOrder {
  const { id, service, environment, startedBy, because, startedAt, until, tasks, hold, door } = standing;
  return {
    maintenance: id,
    service,
    environment,
    actor: startedBy,
    because,
    startedAt,
    until,
    tasks: [...tasks],
    hold,
    ...(door === undefined ? {} : { door }),
    playbook: { path: ref.playbook, text: open.file.text, platform: open.platformName },
  };
}
