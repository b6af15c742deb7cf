import { relative, sep } from "node:path";
import picomatch from "picomatch";

/** What vercel.json says of functions, by a pattern of their names. */
export type FunctionSettings = Readonly<
  Record<string, { readonly maxDuration?: number | "max" | undefined }>
>;

/** What `"max"` stands for, and the most that may be given, in seconds. */
const MOST = 800;

const EXPORTED = [
  /^\s*export\s+const\s+maxDuration\s*=\s*(\d+)/m,
  /^\s*export\s+const\s+config\s*=\s*\{[^}]*?\bmaxDuration\s*:\s*(\d+)/m,
];

/**
 * How long a function may take, in seconds: what its own file says, else the first pattern of `functions` in vercel.json
 * that fits its name. Null for no limit of its own.
 * @param name path of the file from the project's folder, with `/`
 */
export function maxDurationOf(
  name: string,
  text: string,
  functions: FunctionSettings | undefined,
): number | null {
  for (const pattern of EXPORTED) {
    const given = pattern.exec(text)?.[1];
    if (given !== undefined) return Math.min(Number(given), MOST);
  }
  for (const [pattern, { maxDuration }] of Object.entries(functions ?? {})) {
    if (maxDuration === undefined || !picomatch.isMatch(name, pattern, { dot: true })) continue;
    return maxDuration === "max" ? MOST : maxDuration;
  }
  return null;
}

/** Patterns of `functions` that fit none of the files. */
export function unmatchedPatterns(
  names: readonly string[],
  functions: FunctionSettings | undefined,
): string[] {
  return Object.keys(functions ?? {}).filter(
    (pattern) => !names.some((name) => picomatch.isMatch(name, pattern, { dot: true })),
  );
}

/** The longest of several times; null when none is given. */
export function longestOf(times: readonly (number | null)[]): number | null {
  const given = times.filter((time) => time !== null);
  return given.length === 0 ? null : Math.max(...given);
}

/** How `functions` names a file: its path from the project's folder, with `/`. */
export const nameFrom = (cwd: string, file: string): string => relative(cwd, file).split(sep).join("/");
