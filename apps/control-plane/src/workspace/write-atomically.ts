import { randomBytes } from "node:crypto";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeProblem } from "./disk-errors.js";

/** Writes a new file and brings it to the disk before it returns. @throws as the disk does, and when the file exists. */
export async function writeNew(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Brings the names in a folder to the disk, so that a rename in it survives a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a file whole or not at all: beside its place, to the disk, then moved in. Makes the folder if need be.
 * @param mode Unix mode of the file, e.g. 0o600.
 * @throws ATM-218 when the disk is full, ATM-219 when it refuses otherwise; nothing is left behind then.
 */
export async function writeAtomically(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeNew(draft, data, mode);
    await rename(draft, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw writeProblem(path, error);
  }
}

/**
 * The same, but what somebody else has put there in the meantime stays.
 * @throws ATM-218, ATM-219.
 */
export async function writeUnlessThere(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeNew(draft, data, mode);
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    await syncFolder(folder);
  } catch (error) {
    throw writeProblem(path, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
