import { isProblem } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { playbookNotReady } from "../problems.js";

/**
 * Opens the playbook for somebody who has not been let in yet. What is wrong with it quotes its lines, and these are nothing
 * for strangers.
 * @throws ATM-953
 */
export async function openForStrangers(
  plane: Pick<ControlPlane, "open">,
  own: PlaybookRef,
): Promise<OpenPlaybook> {
  try {
    return await plane.open(own);
  } catch (error) {
    if (isProblem(error)) throw playbookNotReady();
    throw error;
  }
}
