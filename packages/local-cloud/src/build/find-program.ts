import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";

/** Where a program is found: by its own file, by a stand-in of corepack's, or not at all. */
export type Found = "itself" | "corepack" | "nowhere";

/**
 * Looks for a program as a shell would.
 * @param path folders, as in the variable PATH
 */
export function findProgram(name: string, path: string): Found {
  const file = fileOf(name, path);
  if (file === null) return "nowhere";
  return name !== "corepack" && file.includes(`${sep}corepack${sep}`) ? "corepack" : "itself";
}

/** Says whether `yarn` is version 1, which passes over a lockfile of a later one. It is told by the package it came in. */
export function isClassicYarn(path: string): boolean {
  const file = fileOf("yarn", path);
  if (file === null) return false;
  try {
    const pack = JSON.parse(readFileSync(join(dirname(file), "..", "package.json"), "utf8")) as {
      name?: unknown;
      version?: unknown;
    };
    return pack.name === "yarn" && /^[01]\./.test(String(pack.version));
  } catch {
    return false;
  }
}

function fileOf(name: string, path: string): string | null {
  for (const folder of path.split(delimiter).filter((one) => one !== "")) {
    const file = join(folder, name);
    try {
      if (!statSync(file).isFile()) continue;
      accessSync(file, constants.X_OK);
      return realpathSync(file);
    } catch {
      // Not here.
    }
  }
  return null;
}
