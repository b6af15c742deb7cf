import { FlowInterrupted, isProblem } from "@atoms/playbook";
import type { ControlPlane } from "./control-plane.js";
import { cannotGoOn } from "./problems.js";

const againMs = 2_000;

/**
 * A resumed flow may find that its world cannot be put together, e.g. because a variable of its playbook is not set in
 * this shell. It is not ended for that: it waits, says why to whoever follows it, and goes on here or in a later process.
 * @param open Puts the world together; tried until it can.
 */
export async function whenPossible<T>(
  plane: ControlPlane,
  release: string,
  open: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      const world = await open();
      plane.setStuck(release, undefined);
      return world;
    } catch (error) {
      if (!isProblem(error)) plane.reportBug(`opening the world of ${release}`, error);
      const because = isProblem(error) ? error.happened : "an error that Atoms has no name for";
      plane.setStuck(release, cannotGoOn({ release, because }));
    }
    await plane.clock.sleep(againMs, plane.leaving).catch(() => {
      throw new FlowInterrupted("the control plane is closing");
    });
  }
}
