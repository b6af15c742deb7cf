import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ignore from "ignore";
import { errnoOf, readProblem } from "./disk-errors.js";

/** What Vercel's own client leaves out of every upload, as gitignore patterns. */
const byThePlatform = [
  ".git",
  ".gitignore",
  ".gitmodules",
  ".hg",
  ".svn",
  "CVS",
  "node_modules",
  ".npmignore",
  "npm-debug.log",
  ".yarn/cache",
  ".vercel",
  ".now",
  ".next",
  ".cache",
  ".env.local",
  ".env.*.local",
  ".venv",
  "venv",
  "__pycache__",
  ".dockerignore",
  ".DS_Store",
  ".*.swp",
  ".lock-wscript",
  ".wafpickle-*",
  "config.gypi",
];

/** Never shipped, whatever the ignore file says: history, and what Atoms keeps, keys among it. */
const never = [".git", ".atoms"];

/** Says whether a path is left out. Folders are asked with a trailing slash. */
export type Ignored = (path: string) => boolean;

/**
 * Reads what a source folder leaves out: `.vercelignore`, or `.gitignore` when there is none, on top of the platform's
 * own list, which they may take back with `!`.
 * @param exclude Paths from the folder that are never shipped, e.g. the backups.
 */
export async function readIgnored(folder: string, exclude: readonly string[] = []): Promise<Ignored> {
  const rules =
    (await readIfThere(folder, ".vercelignore")) ?? (await readIfThere(folder, ".gitignore")) ?? "";
  const given = ignore()
    .add(byThePlatform)
    .add(rules.replace(/^\uFEFF/, ""));
  const fixed = ignore().add(never);
  const outright = exclude.map((path) => path.replace(/\/+$/, "")).filter((path) => path !== "");
  return (path) => {
    const plain = path.replace(/\/$/, "");
    return outright.includes(plain) || fixed.ignores(path) || given.ignores(path);
  };
}

async function readIfThere(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw readProblem(join(folder, name), error);
  }
}

/** Files that usually hold secrets; examples of them do not. */
export function isEnvFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^\.env(?:\..+)?$/.test(name) && !/\.(?:example|sample|template|dist|defaults)$/.test(name);
}
