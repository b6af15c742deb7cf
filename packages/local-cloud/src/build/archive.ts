import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import * as tar from "tar";
import { BuildError } from "./build-error.js";
import { filePathProblem } from "./file-path.js";
import { checkLinks } from "./source.js";

const PART = /^source\.tgz\.part(\d+)$/;
const KINDS = new Set(["File", "OldFile", "ContiguousFile", "Directory", "SymbolicLink", "Link"]);

/** How much an archive may hold. */
export interface ArchiveLimits {
  readonly files: number;
  /** Bytes of all files together once they are unpacked. */
  readonly bytes: number;
}

/**
 * Unpacks a source that was uploaded as a split archive (`.vercel/source.tgz.part1`, …), if it was. Every entry is
 * looked at before anything is written.
 * @returns true when there was an archive
 * @throws BuildError when it is damaged, too large, or has an entry that leads out of the folder
 */
export async function unpackArchive(folder: string, limits: ArchiveLimits): Promise<boolean> {
  const inner = join(folder, ".vercel");
  const names = (await readdir(inner).catch(() => [])).filter((name) => PART.test(name));
  if (names.length === 0) return false;
  const number = (name: string) => Number(PART.exec(name)?.[1]);
  const parts = names.sort((a, b) => number(a) - number(b)).map((name) => join(inner, name));
  const whole = join(inner, "source.tgz");
  for (const [i, part] of parts.entries()) {
    await pipeline(createReadStream(part), createWriteStream(whole, { flags: i === 0 ? "w" : "a" }));
  }
  try {
    const links = await inspect(whole, limits);
    await tar.extract({ file: whole, cwd: folder, strict: true, preserveOwner: false, noMtime: true });
    await checkLinks(links, folder);
  } catch (error) {
    if (error instanceof BuildError) throw error;
    throw new BuildError(`The uploaded archive cannot be unpacked: ${(error as Error).message}`, "source");
  } finally {
    for (const path of [...parts, whole]) await rm(path, { force: true });
  }
  return true;
}

/** @returns the paths of its links @throws BuildError */
async function inspect(archive: string, limits: ArchiveLimits): Promise<string[]> {
  const links: string[] = [];
  let refusal: string | null = null;
  let files = 0;
  let bytes = 0;
  await tar.list({
    file: archive,
    strict: true,
    onReadEntry: (entry) => {
      files++;
      bytes += entry.size;
      const path = entry.path.replace(/^\.\//, "").replace(/\/$/, "");
      const problem =
        (path === "" || path === "." ? null : filePathProblem(path)) ??
        (KINDS.has(entry.type) ? null : `"${entry.path}" is a ${entry.type}, not a file, folder or link`) ??
        (entry.type === "Link" ? filePathProblem(entry.linkpath ?? "") : null) ??
        (entry.type === "SymbolicLink" ? linkProblem(path, entry.linkpath ?? "") : null) ??
        (files > limits.files ? `it has more than ${limits.files} files` : null) ??
        (bytes > limits.bytes ? `it unpacks to more than ${limits.bytes} bytes` : null);
      refusal ??= problem;
      if (entry.type === "SymbolicLink") links.push(path);
    },
  });
  if (refusal !== null)
    throw new BuildError(`The uploaded archive is refused: ${refusal as string}.`, "source");
  return links;
}

/** A link may lead anywhere inside the folder, seen from where it lies. */
function linkProblem(path: string, target: string): string | null {
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  const leadsOut = target === "" || target.startsWith("/") || end === ".." || end.startsWith("../");
  return leadsOut ? `the link "${path}" leads out of the folder` : null;
}
