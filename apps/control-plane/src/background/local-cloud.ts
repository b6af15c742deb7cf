import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Places } from "../places.js";
import { readProcessFile } from "./process-file.js";
import { startInBackground, stopProcess } from "./spawn.js";

/** How to reach a running local cloud. */
export type LocalCloudAddress = {
  /** Base address of its REST API. */
  api: string;
  /** Base address of its traffic listener; the `Host` decides who answers. */
  edge: string;
  token: string;
  team: { id: string; slug: string };
};

/** Room for the short-lived objects of requests: the edge answers a fifth more per second of processor time with it (decision 0009). */
const EDGE_HEAP = ["--max-semi-space-size=32"];

const fileOf = (places: Places) => join(places.run, "cloud.json");

/** The local cloud of this folder, if it is running. */
export function runningCloud(places: Places): (LocalCloudAddress & { pid: number }) | undefined {
  return readProcessFile<LocalCloudAddress>(fileOf(places));
}

/** Finds the local cloud of this folder, or starts it in the background; it keeps its addresses over restarts. */
export async function ensureCloud(
  places: Places,
): Promise<LocalCloudAddress & { pid: number; startedNow: boolean }> {
  const standing = runningCloud(places);
  if (standing !== undefined) return { ...standing, startedNow: false };
  const program = fileURLToPath(new URL("../../dist/background/run-cloud.js", import.meta.url));
  const started = await startInBackground(
    {
      what: "The local cloud",
      program,
      args: [places.root],
      nodeOptions: EDGE_HEAP,
      log: join(places.logs, "cloud.log"),
      cwd: places.root,
      env: process.env,
      timeoutMs: 20_000,
    },
    async () => runningCloud(places),
  );
  return { ...started, startedNow: true };
}

/**
 * Starts the local cloud again whenever its process has died, so that a release that is under way is not left without
 * its platform.
 * @param signal Ends it. It does not keep the process alive.
 */
export function keepCloud(places: Places, signal: AbortSignal, onError: (error: unknown) => void): void {
  let starting = false;
  const timer = setInterval(() => {
    if (starting || !existsSync(places.run) || runningCloud(places) !== undefined) return;
    starting = true;
    ensureCloud(places)
      .catch(onError)
      .finally(() => {
        starting = false;
      });
  }, 1_000);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** Stops the local cloud of this folder and all it runs. @returns whether there was one. */
export async function stopCloud(places: Places): Promise<boolean> {
  const standing = runningCloud(places);
  if (standing === undefined) return false;
  await stopProcess("The local cloud", standing.pid);
  return true;
}
