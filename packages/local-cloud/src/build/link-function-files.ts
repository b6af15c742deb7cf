import { existsSync } from "node:fs";
import { link, lstat, mkdir } from "node:fs/promises";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { BuildError } from "./build-error.js";
import type { CheckedOutput } from "./package-json.js";

/**
 * Puts the files that functions of a Build Output share into the folder of each: `filePathMap` names them by their paths
 * in the function and in the upload, as `vercel build` writes it to upload each once.
 * @param source full path of the top of the upload
 * @throws BuildError when one is missing, or leads out of its place
 */
export async function linkFunctionFiles(source: string, shared: CheckedOutput["shared"]): Promise<void> {
  for (const { place, files } of shared)
    for (const [to, from] of Object.entries(files))
      await linkFile(within(source, from), within(place, to), relative(source, place));
}

async function linkFile(from: string, to: string, of: string): Promise<void> {
  if (existsSync(to)) return;
  if (!(await isFile(from)))
    throw new BuildError(
      `The function ${of} wants the file ${basename(from)}, which was not uploaded.`,
      "output",
    );
  await mkdir(dirname(to), { recursive: true });
  await link(from, to);
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (stat) => stat.isFile() || stat.isSymbolicLink(),
    () => false,
  );
}

function within(folder: string, path: string): string {
  const full = resolve(folder, path);
  if (full.startsWith(folder + sep)) return full;
  throw new BuildError(`The path "${path}" in "filePathMap" leads out of its place.`, "output");
}
