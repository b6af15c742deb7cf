import { isAbsolute, relative, sep } from "node:path";
import type { SourceSnapshot } from "@atoms/playbook";
import type { Places } from "./places.js";
import { saveSnapshot, takeSnapshot } from "./workspace/index.js";

/**
 * Paths inside a source folder that Atoms itself writes and never ships: its own folder, records and backups, where
 * they lie inside the source.
 */
export function ownPathsIn(folder: string, own: readonly string[]): string[] {
  return own
    .map((path) => relative(folder, path))
    .filter((path) => path !== "" && path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path))
    .map((path) => path.split(sep).join("/"));
}

/** Takes a snapshot of a source folder and writes its list down, so that a release only remembers the digest. */
export async function keepSource(
  places: Places,
  folder: string,
  own: readonly string[],
): Promise<SourceSnapshot> {
  const snapshot = await takeSnapshot(folder, places.blobs, { exclude: ownPathsIn(folder, own) });
  await saveSnapshot(places.snapshots, snapshot);
  return snapshot;
}
