import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isSameProcess, startOfProcess } from "./process-identity.js";

/** The folder is held by another cloud that is alive. */
export class FolderHeldError extends Error {
  override readonly name = "FolderHeldError";

  constructor(
    readonly folder: string,
    readonly pid: number,
  ) {
    super(
      `The folder ${folder} is already used by the local cloud with process id ${pid}. ` +
        "That cloud is untouched. Stop it first, or start this one with another folder.",
    );
  }
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

/**
 * Takes the folder for this process. A lock left by a dead process is taken over.
 * @returns a function that gives the folder back
 * @throws FolderHeldError while another live cloud holds it
 */
export function holdFolder(folder: string): () => void {
  const path = join(folder, "cloud.lock");
  const me: Holder = { pid: process.pid, started: startOfProcess(process.pid) ?? "unknown" };
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(me), { flag: "wx", mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(path);
    if (holder && isSameProcess(holder.pid, holder.started)) throw new FolderHeldError(folder, holder.pid);
    setAside(path);
  }
  throw new Error(
    `The lock ${path} could not be taken: it keeps coming back. Remove it if no cloud is running.`,
  );
}

function readHolder(path: string): Holder | null {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return typeof value.pid === "number" && typeof value.started === "string"
      ? { pid: value.pid, started: value.started }
      : null;
  } catch {
    return null;
  }
}

/** Moves a stale lock away. Renaming is atomic, so of two takers only one moves a given lock. */
function setAside(path: string): void {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
