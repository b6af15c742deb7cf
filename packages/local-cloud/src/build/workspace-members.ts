import picomatch from "picomatch";

/**
 * Says whether a folder is a member of the workspace that a package.json describes.
 * @param workspaces the member `workspaces`: patterns, or an object with `packages`
 * @param path of the folder, relative to that of the package.json, with `/`
 */
export function isMember(workspaces: unknown, path: string): boolean {
  const patterns = Array.isArray(workspaces)
    ? workspaces
    : (workspaces as { packages?: unknown } | null | undefined)?.packages;
  if (!Array.isArray(patterns)) return false;
  let member = false;
  for (const one of patterns) {
    if (typeof one !== "string") continue;
    const isNot = one.startsWith("!");
    const pattern = one
      .slice(isNot ? 1 : 0)
      .replace(/^\.\//, "")
      .replace(/\/+$/, "");
    if (picomatch.isMatch(path, pattern)) member = !isNot;
  }
  return member;
}

/** Says whether a lockfile of pnpm has a folder among its importers. `path` is relative to the lockfile, with `/`. */
export function isImporter(pnpmLock: string, path: string): boolean {
  const importers =
    /^importers:[ \t]*\r?\n((?:[ \t]+.*\r?\n|[ \t]*\r?\n)*)/m.exec(`${pnpmLock}\n`)?.[1] ?? "";
  return importers
    .split(/\r?\n/)
    .some((line) => /^ {2}(?! )['"]?(.*?)['"]?:(?: \{\})?\s*$/.exec(line)?.[1] === path);
}
