import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type SourceFile, type SourceSnapshot, sourceChanged, sourceEmpty } from "@atoms/playbook";
import { hasBlob, keepBlob } from "./blobs.js";
import { errnoOf, readProblem } from "./disk-errors.js";
import { markOf, type SourceEntry, type WalkOptions, walkSource } from "./walk-source.js";

type SnapshotOptions = WalkOptions & {
  /** Told files done and files in all, now and then. */
  onProgress?: (done: number, total: number) => void;
};

const rounds = 3;
const atOnce = 8;
const smallBytes = 1_000_000;

const digest = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex");

/**
 * Takes a snapshot of a source folder: every file's digest, and its bytes kept by digest, so that a release that is
 * resumed reads exactly what it began with. The snapshot is of one moment: files that change meanwhile are read again,
 * and if the folder does not come to rest it is refused.
 * @param blobs Folder the bytes are kept in.
 * @throws ATM-210 to 215 for what is wrong with the source, ATM-218 and 219 for what is wrong with the disk. Nothing is
 * half written then: bytes are kept whole or not at all, and unused ones are removed by a later prune.
 */
export async function takeSnapshot(
  folder: string,
  blobs: string,
  options: SnapshotOptions = {},
): Promise<SourceSnapshot> {
  const read = new Map<string, { mark: string; file: SourceFile }>();
  let entries = await walkSource(folder, options);
  let restless: Parameters<typeof sourceChanged>[0] | undefined;
  for (let round = 0; round < rounds; round++) {
    if (entries.length === 0) throw sourceEmpty({ folder });
    const unread = entries.filter((entry) => read.get(entry.path)?.mark !== entry.mark);
    let done = entries.length - unread.length;
    await eachOf(unread, async (entry) => {
      options.signal?.throwIfAborted();
      const file = await keepFile(folder, blobs, entry);
      if (file === undefined) read.delete(entry.path);
      else read.set(entry.path, { mark: entry.mark, file });
      done++;
      if (done % 100 === 0 || done === entries.length) options.onProgress?.(done, entries.length);
    });
    const before = entries;
    entries = await walkSource(folder, options);
    restless = firstDifference(before, entries, read);
    if (restless === undefined)
      return snapshotOf(entries.flatMap((entry) => read.get(entry.path)?.file ?? []));
  }
  throw sourceChanged(restless ?? { path: folder, how: "changed" });
}

/** Names a snapshot by its files: equal files give equal digests, in whatever order they were found. */
export function snapshotOf(files: readonly SourceFile[]): SourceSnapshot {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const hash = createHash("sha256");
  for (const { path, mode, size, sha1 } of sorted)
    hash.update(`${JSON.stringify([path, mode, size, sha1])}\n`);
  return { digest: hash.digest("hex"), files: sorted };
}

/** What did not stay as it was, if anything: the list changed, or a file was not read in one state. */
function firstDifference(
  before: readonly SourceEntry[],
  after: readonly SourceEntry[],
  read: ReadonlyMap<string, { mark: string }>,
): Parameters<typeof sourceChanged>[0] | undefined {
  const changed = after.find((entry) => read.get(entry.path)?.mark !== entry.mark);
  if (changed !== undefined) return { path: changed.path, how: "changed" };
  const now = new Set(after.map((entry) => entry.path));
  const vanished = before.find((entry) => !now.has(entry.path));
  return vanished === undefined ? undefined : { path: vanished.path, how: "vanished" };
}

/** @returns undefined when the file was not in one state while it was read. */
async function keepFile(folder: string, blobs: string, entry: SourceEntry): Promise<SourceFile | undefined> {
  const { path, mode, size, link } = entry;
  if (link !== undefined) {
    const bytes = Buffer.from(link);
    const sha1 = digest(bytes);
    if (!(await hasBlob(blobs, sha1, size))) await keepBlob(blobs, sha1, [bytes]);
    return { path, sha1, size, mode };
  }
  const handle = await openSteady(folder, entry);
  if (handle === undefined) return undefined;
  try {
    // A small file is read once; a large one is read for its digest first, and again only if its bytes are not kept yet.
    const whole = size <= smallBytes ? await wholeOf(handle, join(folder, path)) : undefined;
    const sha1 = whole === undefined ? await digestOf(handle, join(folder, path)) : digest(whole);
    if (markOf(await handle.stat({ bigint: true })) !== entry.mark) return undefined;
    if (await hasBlob(blobs, sha1, size)) return { path, sha1, size, mode };
    const bytes = whole === undefined ? chunksOf(handle, join(folder, path)) : [whole];
    return (await keepBlob(blobs, sha1, bytes)) ? { path, sha1, size, mode } : undefined;
  } finally {
    await handle.close();
  }
}

/** Opens a file that is still the one that was listed; never through a link, and never waiting for a pipe's writer. */
async function openSteady(folder: string, entry: SourceEntry): Promise<FileHandle | undefined> {
  const full = join(folder, entry.path);
  let handle: FileHandle;
  try {
    handle = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (["ENOENT", "ELOOP", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw readProblem(full, error);
  }
  if (markOf(await handle.stat({ bigint: true })) === entry.mark) return handle;
  await handle.close();
  return undefined;
}

async function digestOf(handle: FileHandle, path: string): Promise<string> {
  const hash = createHash("sha1");
  for await (const chunk of chunksOf(handle, path)) hash.update(chunk);
  return hash.digest("hex");
}

/** At most a little more than a small file: one that grew meanwhile is known by its mark. */
async function wholeOf(handle: FileHandle, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(handle, path)) {
    chunks.push(Uint8Array.from(chunk));
    size += chunk.length;
    if (size > smallBytes) break;
  }
  return Buffer.concat(chunks);
}

/** The whole file from its start, in pieces; leaves the handle open. */
async function* chunksOf(handle: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at).catch((error: unknown) => {
      throw readProblem(path, error);
    });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Runs the work over all, a few at once; the first failure ends it and is thrown once the others have stopped. */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (!failed && next < all.length) {
      const one = all[next++] as T;
      try {
        await work(one);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const failure = ends.find((end) => end.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
