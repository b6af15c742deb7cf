import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { BuildError } from "./build-error.js";
import { ADDED, makeRunnable } from "./make-runnable.js";
import {
  type FunctionSettings,
  longestOf,
  maxDurationOf,
  nameFrom,
  unmatchedPatterns,
} from "./max-duration.js";

const SCRIPTS = new Set([".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"]);

/** One function and the paths it answers. */
export interface FunctionRoute {
  /** Regular expression over the whole path; its groups are the values of `names`. */
  readonly pattern: string;
  readonly names: readonly string[];
  /** Relative to the source folder. */
  readonly file: string;
  /** In seconds; null for no limit of its own. */
  readonly maxDuration: number | null;
}

/**
 * Finds the functions below `api`, makes them runnable, and writes the table of their paths. `[id].js` answers any one
 * part of a path, `[...rest].js` any number; fixed names come first.
 * @param settings what vercel.json says of functions, by pattern
 * @returns path of the table, relative to `source`, and the longest time that one of them may take
 * @throws BuildError when there is none, one does not compile, or a pattern fits none
 */
export async function findFunctions(
  source: string,
  cwd: string,
  settings: FunctionSettings | undefined,
): Promise<{ table: string; maxDuration: number | null }> {
  const folder = join(cwd, "api");
  const names = await functionNames(folder);
  if (names.length === 0)
    throw new BuildError('The folder "api" has no function (.js, .mjs, .cjs or .ts).', "output");
  const [stray] = unmatchedPatterns(
    names.map((name) => nameFrom(cwd, join(folder, name))),
    settings,
  );
  if (stray !== undefined)
    throw new BuildError(`The pattern "${stray}" of "functions" in vercel.json fits no function.`, "output");
  const routes: FunctionRoute[] = [];
  for (const name of names.sort((a, b) => weight(a) - weight(b) || a.localeCompare(b))) {
    const file = join(folder, name);
    const isTypeScript = /^\.[cm]?ts$/.test(extname(name));
    routes.push({
      ...pathOf(name),
      maxDuration: maxDurationOf(nameFrom(cwd, file), await readFile(file, "utf8"), settings),
      file: isTypeScript ? await makeRunnable(file, source, cwd) : relative(source, file),
    });
  }
  const table = join(source, ADDED, "functions.json");
  await mkdir(join(source, ADDED), { recursive: true });
  await writeFile(table, JSON.stringify(routes));
  return {
    table: relative(source, table),
    maxDuration: longestOf(routes.map(({ maxDuration }) => maxDuration)),
  };
}

/** The files of functions below a folder, relative to it; none when there is no such folder. */
export async function functionNames(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && SCRIPTS.has(extname(entry.name)) && !entry.name.endsWith(".d.ts"))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !name.split(sep).some((part) => /^[._]/.test(part) || part === "node_modules"));
}

function weight(name: string): number {
  if (name.includes("[...")) return 2;
  return name.includes("[") ? 1 : 0;
}

/** The paths that a file below `api` answers. */
export function pathOf(name: string): { pattern: string; names: string[] } {
  const names: string[] = [];
  const parts = name
    .slice(0, -extname(name).length)
    .split(sep)
    .filter((part, i, all) => !(part === "index" && i === all.length - 1))
    .map((part) => {
      const dynamic = /^\[(\.\.\.)?([\w-]+)\]$/.exec(part);
      if (!dynamic) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      names.push(dynamic[2] ?? "");
      return dynamic[1] ? "(.+)" : "([^/]+)";
    });
  return { pattern: `^/${["api", ...parts].join("/")}/?$`, names };
}
