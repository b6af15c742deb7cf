import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { blobDamaged } from "@atoms/playbook";
import { errnoOf, writeProblem } from "./disk-errors.js";

/** Bytes are kept under their own digest, so that a resumed release ships exactly what it began with. */
const placeOf = (blobs: string, sha1: string) => join(blobs, sha1.slice(0, 2), sha1.slice(2));

/** Whether bytes of that digest and size are kept. Marks them as used now, so that a prune at this moment spares them. */
export async function hasBlob(blobs: string, sha1: string, size: number): Promise<boolean> {
  const path = placeOf(blobs, sha1);
  try {
    if ((await stat(path)).size !== size) return false;
    const now = new Date();
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw writeProblem(path, error);
  }
}

/**
 * Keeps bytes under a digest, whole or not at all.
 * @returns false when the bytes do not have that digest; nothing is kept then.
 * @throws ATM-218 when the disk is full, ATM-219 when it refuses otherwise; what the source of the bytes throws.
 */
export async function keepBlob(
  blobs: string,
  sha1: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<boolean> {
  const path = placeOf(blobs, sha1);
  const draft = join(blobs, "tmp", randomBytes(12).toString("hex"));
  try {
    // Not brought to the disk one by one, which would take minutes for a large source: a copy that a power cut tore is
    // known by its digest when it is read.
    if ((await writeHashing(await openDraft(draft), bytes)) !== sha1) return false;
    await inFolder(dirname(path), () => rename(draft, path));
    return true;
  } catch (error) {
    throw writeProblem(path, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

const openDraft = (path: string) => inFolder(dirname(path), () => open(path, "wx", 0o600));

/** Does something in a folder, and makes the folder only when it turns out to be missing: most often it is there. */
async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return act();
  }
}

async function writeHashing(
  file: FileHandle,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  const hash = createHash("sha1");
  try {
    for await (const chunk of bytes) {
      hash.update(chunk);
      await file.appendFile(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/**
 * Reads the bytes of a digest and checks them.
 * @param path Name of the source file, for the message.
 * @throws ATM-216 when they are gone or damaged; damaged ones are removed, so that the next snapshot keeps good ones.
 */
export async function readBlob(blobs: string, sha1: string, path?: string): Promise<Uint8Array> {
  const place = placeOf(blobs, sha1);
  const facts = { sha1, ...(path === undefined ? {} : { path }) };
  let bytes: Buffer;
  try {
    bytes = await readFile(place);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw blobDamaged(facts);
  }
  if (createHash("sha1").update(bytes).digest("hex") === sha1) return bytes;
  await rm(place, { force: true }).catch(() => undefined);
  throw blobDamaged(facts);
}

/**
 * Removes the bytes that nobody needs any more.
 * @param keep Digests to keep.
 * @param before Only what was last used before this time goes, in milliseconds since the epoch; a snapshot may be in the making.
 * @returns how many were removed.
 */
export async function pruneBlobs(blobs: string, keep: ReadonlySet<string>, before: number): Promise<number> {
  let removed = 0;
  for (const folder of await namesOf(blobs)) {
    if (!/^(?:[0-9a-f]{2}|tmp)$/.test(folder)) continue;
    for (const rest of await namesOf(join(blobs, folder))) {
      if (folder !== "tmp" && keep.has(folder + rest)) continue;
      const path = join(blobs, folder, rest);
      const used = await stat(path).catch(() => undefined);
      if (used === undefined || used.mtimeMs >= before) continue;
      await rm(path, { force: true });
      removed++;
    }
  }
  return removed;
}

async function namesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw writeProblem(folder, error);
  }
}
