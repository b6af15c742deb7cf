import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type SourceSnapshot, snapshotMissing } from "@atoms/playbook";
import { z } from "zod";
import { pruneBlobs } from "./blobs.js";
import { diskWords, errnoOf, writeProblem } from "./disk-errors.js";
import { snapshotOf } from "./source.js";
import { writeAtomically } from "./write-atomically.js";

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Files = z.array(
  z.strictObject({
    path: z.string().min(1),
    sha1: z.string().regex(/^[0-9a-f]{40}$/),
    size: z.int().min(0),
    mode: z.int(),
  }),
);
const placeOf = (snapshots: string, digest: string) => join(snapshots, `${digest}.json`);

/** Writes a snapshot's list of files down under its digest, so that a release need only remember the digest. */
export async function saveSnapshot(snapshots: string, snapshot: SourceSnapshot): Promise<void> {
  await writeAtomically(placeOf(snapshots, snapshot.digest), JSON.stringify(snapshot.files), 0o600);
}

/** Reads a list of files back. @throws ATM-217 when it is gone or does not have that digest any more. */
export async function loadSnapshot(snapshots: string, digest: string): Promise<SourceSnapshot> {
  const fail = (because: string) => snapshotMissing({ digest, because });
  if (!Digest.safeParse(digest).success) throw fail("that is no digest");
  let text: string;
  try {
    text = await readFile(placeOf(snapshots, digest), "utf8");
  } catch (error) {
    throw fail(diskWords(error));
  }
  const files = Files.safeParse(jsonOf(text));
  if (!files.success) throw fail("its file is damaged");
  const snapshot = snapshotOf(files.data);
  if (snapshot.digest !== digest) throw fail("its file was changed");
  return snapshot;
}

/** Snapshots and bytes that were used in the last hour are never removed: somebody may be at it. */
const restMs = 3_600_000;

/**
 * Removes the snapshots that no release needs, and the bytes that no snapshot needs.
 * @param keep Digests to keep: of running releases, and of as many others as wanted.
 * @param now Milliseconds since the epoch.
 */
export async function pruneSnapshots(
  places: { blobs: string; snapshots: string },
  keep: readonly string[],
  now: number,
): Promise<{ snapshots: number; blobs: number }> {
  const needed = new Set<string>();
  let removed = 0;
  for (const digest of await digestsIn(places.snapshots)) {
    const path = placeOf(places.snapshots, digest);
    const written = await stat(path).catch(() => undefined);
    if (!keep.includes(digest) && written !== undefined && written.mtimeMs < now - restMs) {
      await rm(path, { force: true });
      removed++;
      continue;
    }
    const files = Files.safeParse(jsonOf(await readFile(path, "utf8").catch(() => "")));
    for (const { sha1 } of files.success ? files.data : []) needed.add(sha1);
  }
  return { snapshots: removed, blobs: await pruneBlobs(places.blobs, needed, now - restMs) };
}

async function digestsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -5))
      .filter((digest) => Digest.safeParse(digest).success);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw writeProblem(folder, error);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
