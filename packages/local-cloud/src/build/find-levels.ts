import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { type Level, lockfileNames } from "./choose-install.js";
import { readPackageJson } from "./package-json.js";
import { isImporter, isMember } from "./workspace-members.js";

/** A lockfile may be large; more than this is not a lockfile. */
const HEAD = 2_000;
/** What in npm's lockfile makes an install that of one deployment. */
const OF_ONE_DEPLOYMENT: readonly (readonly [RegExp, string])[] = [
  [/"link":\s*true|"resolved":\s*"file:/, "Folders of the upload are linked"],
  [/"node_modules\/@sveltejs\/adapter-auto"/, "@sveltejs/adapter-auto adds an adapter while it builds"],
];

/**
 * Reads what decides about an install, from the root directory of a project up to the top of its upload.
 * @param source full path of the top
 * @param cwd full path of the root directory, in or below `source`
 * @throws BuildError when a package.json on the way cannot be read
 */
export async function findLevels(source: string, cwd: string): Promise<Level[]> {
  const levels: Level[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    levels.push(await readLevel(source, folder, cwd));
    if (folder === source) return levels;
  }
}

async function readLevel(source: string, folder: string, cwd: string): Promise<Level> {
  const path = relative(folder, cwd).split(sep).join("/");
  const pack = await readPackageJson(folder);
  const lockfiles = lockfileNames.filter((name) => existsSync(join(folder, name)));
  const text = async (name: string) => (lockfiles.includes(name) ? readFile(join(folder, name), "utf8") : "");
  const covering: string[] = [];
  for (const name of lockfiles) {
    const covers =
      path === "" ||
      (name === "pnpm-lock.yaml" ? isImporter(await text(name), path) : isMember(pack?.workspaces, path));
    if (covers) covering.push(name);
  }
  const npmLock = (await text("npm-shrinkwrap.json")) || (await text("package-lock.json"));
  return {
    folder: relative(source, folder).split(sep).join("/") || ".",
    lockfiles,
    covering,
    packageManager: pack?.packageManager ?? null,
    isBerry:
      (await text("yarn.lock")).slice(0, HEAD).includes("__metadata:") ||
      (!lockfiles.includes("yarn.lock") && existsSync(join(folder, ".yarnrc.yml"))),
    hasPnpmWorkspace: existsSync(join(folder, "pnpm-workspace.yaml")),
    notKept: OF_ONE_DEPLOYMENT.find(([sign]) => sign.test(npmLock))?.[1] ?? null,
  };
}
