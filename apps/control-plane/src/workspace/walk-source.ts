import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import {
  linkLeavesSource,
  maxSourceBytes,
  maxSourceFiles,
  notAFile,
  sourceTooLarge,
  sourceUnreadable,
} from "@atoms/playbook";
import { errnoOf, readProblem } from "./disk-errors.js";
import { readIgnored } from "./ignored.js";

/** One file that would be shipped. */
export type SourceEntry = {
  /** Path from the folder, with forward slashes. */
  path: string;
  size: number;
  /** Unix mode with type bits, made equal for all who check the same commit out: 0o100644, 0o100755 or 0o120777. */
  mode: number;
  /** Changes whenever the file does; equal before and after a read, the read saw one state. */
  mark: string;
  /** Where a link leads, as it is written. */
  link?: string;
};

export type WalkOptions = {
  /** Paths from the folder that are never shipped. */
  exclude?: readonly string[];
  signal?: AbortSignal;
  /** Default the book's: 100,000 files. */
  maxFiles?: number;
  /** Default the book's: 1 GB. */
  maxBytes?: number;
};

const atOnce = 32;

/**
 * Lists what would be shipped, in order of path. Follows no link. What vanishes meanwhile is left out: who reads the
 * files looks twice.
 * @throws ATM-210 unreadable, 211 too large, 213 a link that leads out, 214 something that is no file.
 */
export async function walkSource(folder: string, options: WalkOptions = {}): Promise<SourceEntry[]> {
  const root = await rootOf(folder);
  const ignored = await readIgnored(root, options.exclude);
  const { maxFiles = maxSourceFiles, maxBytes = maxSourceBytes } = options;
  const found: SourceEntry[] = [];
  let bytes = 0;
  const folders = [""];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    options.signal?.throwIfAborted();
    const names = await namesIn(root, at, at === "");
    for (let i = 0; i < names.length; i += atOnce) {
      const some = await Promise.all(names.slice(i, i + atOnce).map((path) => look(root, path, ignored)));
      for (const one of some) {
        if (one === undefined) continue;
        if (typeof one === "string") folders.push(one);
        else {
          found.push(one);
          bytes += one.size;
        }
      }
      if (found.length > maxFiles || bytes > maxBytes)
        throw sourceTooLarge({ files: found.length, bytes, maxFiles, maxBytes });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function rootOf(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if (!(await lstat(root)).isDirectory())
      throw sourceUnreadable({ path: folder, because: "it is not a folder" });
    return root;
  } catch (error) {
    throw readProblem(folder, error);
  }
}

async function namesIn(root: string, at: string, isRoot: boolean): Promise<string[]> {
  try {
    const names = await readdir(join(root, at));
    return names.map((name) => (at === "" ? name : `${at}/${name}`));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && !isRoot) return [];
    throw readProblem(join(root, at), error);
  }
}

/** @returns the entry of a file or link, the path of a folder to go into, or undefined for what is not shipped. */
async function look(
  root: string,
  path: string,
  ignored: (path: string) => boolean,
): Promise<SourceEntry | string | undefined> {
  // A name that is not UTF-8 reaches us with this mark in it and could not be opened again.
  if (path.includes("\uFFFD")) throw notAFile({ path, what: "something whose name is not UTF-8" });
  const full = join(root, path);
  try {
    const stat = await lstat(full, { bigint: true });
    if (stat.isDirectory()) return ignored(`${path}/`) ? undefined : path;
    if (ignored(path)) return undefined;
    if (stat.isFile()) {
      const mode = (stat.mode & 0o100n) === 0n ? 0o100644 : 0o100755;
      return { path, size: Number(stat.size), mode, mark: markOf(stat) };
    }
    if (stat.isSymbolicLink()) {
      const link = await readlink(full);
      await mustStayInside(root, path, link);
      return { path, size: Buffer.byteLength(link), mode: 0o120777, mark: `${markOf(stat)}>${link}`, link };
    }
    throw notAFile({ path, what: whatItIs(stat) });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw readProblem(full, error);
  }
}

/** Identity, size and times to the nanosecond. */
export const markOf = (stat: BigIntStats) =>
  `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.mode}`;

/** As it is written, and as the disk resolves it: a chain of links can leave where no single one seems to. */
async function mustStayInside(root: string, path: string, link: string): Promise<void> {
  const written = isAbsolute(link) ? ".." : normalize(join(dirname(path), link));
  const leaves = written === ".." || written.startsWith(`..${sep}`);
  const real = await realpath(join(root, path)).catch(() => root);
  if (leaves || (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)))
    throw linkLeavesSource({ path, target: link });
}

function whatItIs(stat: BigIntStats): string {
  if (stat.isFIFO()) return "a named pipe";
  if (stat.isSocket()) return "a socket";
  if (stat.isBlockDevice() || stat.isCharacterDevice()) return "a device";
  return "neither a file nor a folder";
}
