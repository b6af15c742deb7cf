import { existsSync } from "node:fs";
import { link, lstat, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { BuildError } from "./build-error.js";

/**
 * Puts the files that a Build Output's functions share into the folder of each: `filePathMap` of `.vc-config.json` names them
 * by their paths in the function and in the upload, as `vercel build` writes it to upload each once.
 * @param source full path of the top of the upload
 * @param folder full path of the Build Output
 * @throws BuildError when one is missing, or leads out of its place
 */
export async function linkFunctionFiles(source: string, folder: string): Promise<void> {
  const functions = join(folder, "functions");
  if (!existsSync(functions)) return;
  for (const name of await readdir(functions, { recursive: true })) {
    // A function that is another's folder, by a link, has its files by it.
    if (basename(name) !== ".vc-config.json") continue;
    const place = dirname(join(functions, name));
    const { filePathMap = {} } = JSON.parse(await readFile(join(functions, name), "utf8")) as {
      filePathMap?: Record<string, string>;
    };
    for (const [to, from] of Object.entries(filePathMap))
      await linkFile(within(source, from), within(place, to), relative(source, place));
  }
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
