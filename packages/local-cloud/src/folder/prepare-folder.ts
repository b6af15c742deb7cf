import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isDiskFull } from "./disk-full.js";

/** Why a folder cannot be made or written, by the system's code. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this account may not write there",
  EEXIST: "the path ends in something that is no folder",
  ELOOP: "its symbolic links lead round in a circle",
  ENAMETOOLONG: "a name in it is too long for the file system",
  ENOENT: "the system lets nobody make anything there",
  ENOTDIR: "something in the path is a file, not a directory",
  EPERM: "the system does not permit it to this account",
  EROFS: "the file system there can only be read",
};

/** The cloud cannot keep anything in the folder that it was given. */
export class FolderUnusableError extends Error {
  override readonly name = "FolderUnusableError";

  constructor(folder: string, cause: NodeJS.ErrnoException) {
    const reason = REASONS[cause.code ?? ""] ?? cause.message;
    super(
      `The local cloud cannot keep its state in ${shortened(folder)}: ${reason}. ` +
        "Start it with a folder that this account may make and write.",
      { cause },
    );
  }
}

/**
 * Makes the cloud's folder if need be; only its owner may look inside. A folder that has something in it already keeps its
 * permissions: it may be others' too, and what the cloud puts into it is for the owner alone by itself.
 * @throws FolderUnusableError when it cannot be made, and nothing of it is left then; a full disk's own error
 */
export function prepareFolder(folder: string): void {
  usingFolder(folder, () => {
    if (makeFolder(folder) || readdirSync(folder).length === 0) chmodSync(folder, 0o700);
  });
}

/**
 * Does the first work in the folder.
 * @throws FolderUnusableError when the system refuses it; anything else as it is
 */
export function usingFolder<R>(folder: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    const { syscall } = error as NodeJS.ErrnoException;
    throw syscall === undefined || isDiskFull(error)
      ? error
      : new FolderUnusableError(folder, error as Error);
  }
}

/**
 * Makes a folder with those above it, one by one: Node's recursive way tries for ever where the system says that the folder
 * above does not exist although it does (`/proc`).
 * @returns false when it was there
 */
function makeFolder(folder: string): boolean {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  try {
    for (const one of missing) if (makeOne(one)) made.unshift(one);
  } catch (error) {
    for (const one of made) rmdirSync(one);
    throw error;
  }
  return made.length > 0;
}

/** @returns false when somebody else made it in this moment */
function makeOne(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false;
    throw error;
  }
}

/** A path that nobody would read in full, without its middle. */
function shortened(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 90)}…${path.slice(-90)}`;
}
