import { isProblem, type MaintenanceOrder } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";

const openedFor = new WeakMap<ControlPlane, Map<string, Promise<OpenPlaybook>>>();

/**
 * The playbook by which a maintenance was started: what was closed by it is opened by it, whatever the file says now. Why it
 * cannot be read is told to whoever follows the maintenance.
 */
export function playbookOf(plane: ControlPlane, order: MaintenanceOrder): Promise<OpenPlaybook> {
  const known = openedFor.get(plane) ?? new Map<string, Promise<OpenPlaybook>>();
  openedFor.set(plane, known);
  const { path, platform, text } = order.playbook;
  const standing = known.get(order.maintenance);
  if (standing !== undefined) return standing;
  const opened = plane.open({ playbook: path, platform }, text);
  known.set(order.maintenance, opened);
  opened.then(
    () => plane.setStuck(order.maintenance, undefined),
    (error: unknown) => {
      known.delete(order.maintenance);
      if (isProblem(error)) plane.setStuck(order.maintenance, error);
    },
  );
  return opened;
}
