import { stat } from "node:fs/promises";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "./control-plane.js";

/**
 * Gives what a playbook says as its file is now, read anew only when the file has changed; the same object otherwise. While
 * the file cannot be read or has mistakes, what it said before goes on.
 * @param take Makes of the playbook what is wanted of it.
 * @param onTrouble Told once for each version of the file that could not be taken.
 */
export function keepReading<T extends object>(
  plane: Pick<ControlPlane, "open">,
  ref: PlaybookRef,
  take: (open: OpenPlaybook) => T,
  onTrouble: (error: unknown) => void,
): () => Promise<T> {
  let mark = "";
  let standing: T | undefined;
  return async () => {
    const now = await markOf(ref.playbook);
    if (now === mark && standing !== undefined) return standing;
    try {
      standing = take(await plane.open(ref));
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
