import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry } from "../model.js";
import type { Places } from "./places.js";

const DAY_MS = 24 * 60 * 60_000;

/**
 * Removes files that no deployment uses any more. A file younger than a day stays: its deployment may be on its way.
 * @param deploymentIds those that exist
 * @returns how many were removed
 */
export async function sweepBlobs(
  places: Places,
  deploymentIds: readonly string[],
  now: number,
): Promise<number> {
  const used = new Set<string>();
  for (const id of deploymentIds) {
    const text = await readFile(places.manifest(id), "utf8").catch(() => null);
    // A manifest that cannot be read says nothing about what may go.
    if (text === null) return 0;
    for (const { sha } of JSON.parse(text) as FileEntry[]) used.add(sha);
  }
  let removed = 0;
  for (const folder of await readdir(places.blobs).catch(() => [])) {
    for (const name of await readdir(join(places.blobs, folder)).catch(() => [])) {
      const path = join(places.blobs, folder, name);
      if (used.has(folder + name) || now - (await stat(path)).mtimeMs < DAY_MS) continue;
      await rm(path, { force: true });
      removed++;
    }
  }
  return removed;
}
