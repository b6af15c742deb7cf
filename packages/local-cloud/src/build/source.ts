import { chmod, mkdir, readlink, realpath, rm, symlink } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import type { Blobs } from "../folder/blobs.js";
import type { FileEntry } from "../model.js";
import { BuildError } from "./build-error.js";
import { filePathProblem } from "./file-path.js";

const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
const LINK_TEXT_MAX = 4096;

/** True when the entry's mode says that it is a symbolic link. */
export function isLink(entry: { readonly mode: number }): boolean {
  return (entry.mode & TYPE_MASK) === SYMLINK;
}

/**
 * Lays the files of a deployment out in a fresh folder. Links come last, so no file is ever written through one, and
 * each must end inside the folder.
 * @throws BuildError when a path or a link leads elsewhere, or two entries contradict each other
 */
export async function layOut(files: readonly FileEntry[], blobs: Blobs, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = new Set<string>();
  const links: FileEntry[] = [];
  for (const entry of files) {
    const problem = filePathProblem(entry.file);
    if (problem) throw new BuildError(`The upload is refused: ${problem}.`, "source");
    if (isLink(entry)) {
      links.push(entry);
      continue;
    }
    const target = join(folder, entry.file);
    try {
      const parent = dirname(target);
      if (!made.has(parent)) await mkdir(parent, { recursive: true });
      made.add(parent);
      await blobs.copyTo(entry.sha, target);
      await chmod(target, (entry.mode & 0o777) | 0o600);
    } catch (error) {
      throw new BuildError(
        `The file "${entry.file}" could not be laid out: ${(error as Error).message}`,
        "source",
      );
    }
  }
  for (const link of links) await makeLink(link, blobs, folder);
  await checkLinks(
    links.map((link) => link.file),
    folder,
  );
}

async function makeLink(entry: FileEntry, blobs: Blobs, folder: string): Promise<void> {
  const text =
    (await blobs.size(entry.sha)) <= LINK_TEXT_MAX ? (await blobs.read(entry.sha)).toString("utf8") : "";
  const path = join(folder, entry.file);
  const end = resolve(dirname(path), text);
  if (text === "" || text.includes("\0") || isAbsolute(text) || !inside(end, folder)) {
    throw new BuildError(`The link "${entry.file}" leads out of the deployment's folder.`, "source");
  }
  await mkdir(dirname(path), { recursive: true });
  await symlink(text, path).catch((error: Error) => {
    throw new BuildError(`The link "${entry.file}" could not be made: ${error.message}`, "source");
  });
}

/**
 * Makes sure that every link really ends inside the folder: links over links can lead elsewhere than their texts say.
 * A link to nothing is allowed; it can be read by nobody.
 * @throws BuildError naming the link
 */
export async function checkLinks(paths: readonly string[], folder: string): Promise<void> {
  const root = await realpath(folder);
  for (const path of paths) {
    const full = join(folder, path);
    let end: string | null = null;
    try {
      end = await realpath(full);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      await readlink(full);
    }
    if (end === null || !inside(end, root)) {
      throw new BuildError(`The link "${path}" leads out of the deployment's folder.`, "source");
    }
  }
}

function inside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
