import { existsSync } from "node:fs";
import { open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** There is something of the name under which the database in use was to be kept. */
export class AsideTaken extends Error {}

/** Names that a database may be put aside under: never a path, never one of the files below. */
export const ASIDE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

const SYNCED_AT_ONCE = 32;

/** Where things are during an exchange: all beside the folder in use, so that moving them is renaming them. */
function placesOf(dataDir: string) {
  const home = resolve(dataDir);
  return { home, fresh: `${home}.fresh`, journal: `${home}.exchange` };
}

/** The folder that is filled before an exchange. */
export const freshFolder = (dataDir: string): string => placesOf(dataDir).fresh;

/** The folder of a database that was put aside. @param aside fits `ASIDE_NAME`, or it would lead anywhere */
export function asideFolder(dataDir: string, aside: string): string {
  if (!ASIDE_NAME.test(aside)) throw new RangeError("no name for a database that is put aside");
  return join(dirname(resolve(dataDir)), aside);
}

/** Brings every file of the fresh folder to the disk, so that what takes the place of the one in use outlives a power cut too. */
export async function bringToDisk(dataDir: string): Promise<void> {
  const entries = await readdir(freshFolder(dataDir), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const sync = async (path: string) => {
    const file = await open(path, "r+");
    await file.sync().finally(() => file.close());
  };
  for (let at = 0; at < files.length; at += SYNCED_AT_ONCE)
    await Promise.all(files.slice(at, at + SYNCED_AT_ONCE).map(sync));
}

/**
 * Puts the fresh folder in the place of the one in use, by two renames; nobody may have either open. A note written before
 * them lets the next start finish what a killed process began.
 * @throws AsideTaken, and what the disk refuses; the folder in use is then the one before
 */
export async function exchange(dataDir: string, aside: string): Promise<void> {
  const { home, fresh, journal } = placesOf(dataDir);
  const kept = asideFolder(dataDir, aside);
  if (existsSync(kept)) throw new AsideTaken(`there is something called ${aside} already`);
  await writeDown(journal, JSON.stringify({ aside }));
  try {
    await rename(home, kept);
    await rename(fresh, home);
  } catch (error) {
    if (!existsSync(home) && existsSync(kept)) await rename(kept, home);
    await rm(journal, { force: true });
    throw error;
  }
  await syncFolder(dirname(home));
  await rm(journal, { force: true });
}

/**
 * Called before a folder is opened: ends an exchange that a killed process left half done. Between its two renames there is no
 * folder in use; the fresh one was whole and checked before the first, so it is put in place.
 */
export async function settleExchange(dataDir: string): Promise<void> {
  const { home, fresh, journal } = placesOf(dataDir);
  if (existsSync(journal)) {
    if (!existsSync(home)) {
      const aside = asideIn(await readFile(journal, "utf8"));
      if (existsSync(fresh)) await rename(fresh, home);
      else if (aside !== undefined && existsSync(asideFolder(dataDir, aside)))
        await rename(asideFolder(dataDir, aside), home);
    }
    await rm(journal, { force: true });
  }
  await rm(fresh, { recursive: true, force: true });
}

function asideIn(note: string): string | undefined {
  try {
    const { aside } = JSON.parse(note) as { aside?: unknown };
    return typeof aside === "string" && ASIDE_NAME.test(aside) ? aside : undefined;
  } catch {
    return undefined;
  }
}

async function writeDown(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.draft`);
  await writeFile(draft, text, { flush: true, mode: 0o600 });
  await rename(draft, path);
  await syncFolder(dirname(path));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}
