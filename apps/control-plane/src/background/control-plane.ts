import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PlaybookRef } from "../control-plane.js";
import type { Places } from "../places.js";
import { type ControlPlaneAddress, runningControlPlane } from "../session.js";
import { startInBackground, stopProcess } from "./spawn.js";

/**
 * Finds the background control plane of this folder, or starts it.
 * @param playbook Whose monitors a control plane that is started here runs, and whose alerts it evaluates.
 */
export async function ensureControlPlane(
  places: Places,
  env: Readonly<Record<string, string | undefined>>,
  playbook: PlaybookRef,
): Promise<ControlPlaneAddress & { pid: number; startedNow: boolean }> {
  const standing = runningControlPlane(places);
  if (standing !== undefined) return { ...standing, startedNow: false };
  const started = await startInBackground(
    {
      what: "The control plane",
      program: fileURLToPath(new URL("../../dist/background/run-control-plane.js", import.meta.url)),
      args: [places.root, playbook.playbook, ...(playbook.platform === undefined ? [] : [playbook.platform])],
      log: join(places.logs, "control-plane.log"),
      cwd: places.root,
      env,
      timeoutMs: 30_000,
    },
    async () => runningControlPlane(places),
  );
  return { ...started, startedNow: true };
}

/**
 * Stops the background control plane. A release that is under way is kept and goes on when one runs again.
 * @returns whether there was one.
 */
export async function stopControlPlane(places: Places): Promise<boolean> {
  const standing = runningControlPlane(places);
  if (standing === undefined) return false;
  await stopProcess("The control plane", standing.pid);
  return true;
}
