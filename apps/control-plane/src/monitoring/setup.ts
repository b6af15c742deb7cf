import { stat } from "node:fs/promises";
import { type Monitor, monitorsOf } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";

/** What is looked at, as the playbook has it now. */
export type MonitorSetup = {
  service: string;
  environment: string;
  monitors: readonly Monitor[];
  open: OpenPlaybook;
};

/** The monitors of a playbook that was read. */
export const setupOf = (open: OpenPlaybook): MonitorSetup => ({
  service: open.service,
  environment: open.environment,
  monitors: monitorsOf(open.settings),
  open,
});

/**
 * Gives the setup as the playbook's file is now, read anew only when the file has changed; the same object otherwise.
 * While the file can't be read or has mistakes, monitors go on as it said before.
 * @param onTrouble Told once for each version of the file that could not be taken.
 */
export function setupKeeper(
  plane: Pick<ControlPlane, "open">,
  ref: PlaybookRef,
  onTrouble: (error: unknown) => void,
): () => Promise<MonitorSetup> {
  let mark = "";
  let standing: MonitorSetup | undefined;
  return async () => {
    const now = await markOf(ref.playbook);
    if (now === mark && standing !== undefined) return standing;
    try {
      standing = setupOf(await plane.open(ref));
    } catch (error) {
      if (standing === undefined) throw error;
      onTrouble(error);
    }
    mark = now;
    return standing;
  };
}

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "missing";
  }
}
