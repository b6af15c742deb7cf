import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { BuildError } from "./build-error.js";

/** Folder for what a build adds, in the source or in its root directory. */
export const ADDED = ".atoms-cloud";

/**
 * Makes one JavaScript file of a TypeScript file and the files it imports; packages stay where they are.
 * @param file full path
 * @param source full path of the top of the upload
 * @param cwd full path of the root directory; the result is in it, so that it finds the packages installed there
 * @returns path of the result, relative to `source`
 * @throws BuildError with the places and reasons when it does not compile
 */
export async function makeRunnable(file: string, source: string, cwd: string): Promise<string> {
  // Loaded only when there is TypeScript to compile.
  const { build, formatMessages } = await import("esbuild");
  const name = relative(source, file).replace(/[\\/]/g, "_");
  const out = join(cwd, ADDED, `${name}.mjs`);
  await mkdir(join(cwd, ADDED), { recursive: true });
  try {
    const result = await build({
      entryPoints: [file],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      write: false,
      logLevel: "silent",
    });
    await writeFile(out, result.outputFiles[0]?.contents ?? "");
  } catch (error) {
    const failures = (error as { errors?: Parameters<typeof formatMessages>[0] }).errors;
    if (!failures) throw error;
    const lines = await formatMessages(failures, { kind: "error", color: false });
    throw new BuildError(`${relative(source, file)} does not compile:\n${lines.join("\n").trim()}`, "build");
  }
  return relative(source, out);
}
