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
    if (asExpression(one.slice(isNot ? 1 : 0)).test(path)) member = !isNot;
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

function asExpression(pattern: string): RegExp {
  const parts = pattern.replace(/^\.\//, "").replace(/\/+$/, "").split("/");
  const text = parts
    .map((part) =>
      part === "**" ? "**" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, "[^/]*"),
    )
    .join("/")
    .replace(/\*\*\//g, "(?:.+/)?")
    .replace(/\*\*$/, ".+");
  return new RegExp(
    `^${text.replace(/\\\{([^{}/]*)\\\}/g, (_, words: string) => `(?:${words.replaceAll(",", "|")})`)}$`,
  );
}
