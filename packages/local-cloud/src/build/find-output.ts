import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Output } from "../model.js";
import { BuildError } from "./build-error.js";
import type { PackageJson } from "./package-json.js";

const NAMES = ["server", "app", "index"];
const FOLDERS = ["", "src"];
const EXTENSIONS = ["js", "mjs", "cjs", "ts", "mts", "cts"];
const FRAMEWORK =
  /(?:from|import|require\()\s*["'](?:hono|express|fastify|koa|elysia|h3|@hono\/node-server)["'/]/;
const SERVES = /\.listen\s*\(|createServer\s*\(|\bserve\s*\(|export\s+default|module\.exports/;

/** What is known when the commands of a build have run. Paths are full. */
export interface Built {
  readonly source: string;
  readonly cwd: string;
  readonly pack: PackageJson | null;
  readonly outputDirectory: string | null;
}

/** A TypeScript or JavaScript file to be run, before it is made runnable. */
export type FoundOutput = Output;

/**
 * Finds how a built folder is run: finished Build Output, an output directory, `npm start`, a server file, functions in
 * `api`, or files. The first that fits wins.
 * @throws BuildError when there is nothing to run or to serve
 */
export function findOutput(built: Built): FoundOutput {
  const { source, cwd, pack, outputDirectory } = built;
  const at = relative(source, cwd) || ".";
  const inSource = (path: string) => relative(source, join(cwd, path)) || ".";
  const isFolder = (path: string) => existsSync(join(cwd, path)) && statSync(join(cwd, path)).isDirectory();
  const publicFolder = isFolder("public") ? inSource("public") : null;

  if (existsSync(join(cwd, ".vercel", "output", "config.json"))) {
    return { kind: "prebuilt", folder: inSource(".vercel/output"), cwd: at };
  }
  if (outputDirectory !== null) {
    if (leadsOut(source, join(cwd, outputDirectory)))
      throw new BuildError(`The output directory "${outputDirectory}" leads out of the upload.`, "output");
    if (isFolder(outputDirectory)) return { kind: "static", folder: inSource(outputDirectory), cwd: at };
    throw new BuildError(
      `There is no output directory named "${outputDirectory}" after the build.`,
      "output",
    );
  }
  const start = pack?.scripts?.["start"]?.trim();
  if (start) return startCommand(start, at);

  const file = entryFile(source, cwd, pack);
  if (file !== null) return { kind: "module", file: inSource(file), publicFolder, cwd: at };
  if (isFolder("api")) {
    return { kind: "functions", table: inSource("api"), publicFolder: publicFolder ?? at, cwd: at };
  }
  for (const folder of ["public", "dist", "build", "out", "."]) {
    if (existsSync(join(cwd, folder, "index.html")))
      return { kind: "static", folder: inSource(folder), cwd: at };
  }
  if (publicFolder !== null) return { kind: "static", folder: publicFolder, cwd: at };
  if (pack === null) return { kind: "static", folder: at, cwd: at };
  throw new BuildError(
    "Nothing was found that can be started or served. Add a start script to package.json, or a file " +
      "server, app or index (.js, .mjs or .ts) that exports an app or listens on PORT, or a public folder.",
    "output",
  );
}

/** A plain `node file args` is started without npm and without a shell, so that signals reach it. */
function startCommand(start: string, cwd: string): Output {
  const words = start.split(/\s+/);
  if (words[0] === "node" && words.length > 1 && !/["'`$&|;<>()*?\\~=]/.test(start)) {
    return { kind: "node", args: words.slice(1), cwd };
  }
  return { kind: "shell", command: `PATH="$PWD/node_modules/.bin:$PATH"; export PATH; ${start}`, cwd };
}

/** By its text, or by the links on its way. */
function leadsOut(source: string, path: string): boolean {
  const root = existsSync(source) ? realpathSync(source) : source;
  const ends = [relative(source, path), ...(existsSync(path) ? [relative(root, realpathSync(path))] : [])];
  return ends.some((end) => end === ".." || end.startsWith(`..${sep}`));
}

function entryFile(source: string, cwd: string, pack: PackageJson | null): string | null {
  const isSite = existsSync(join(cwd, "index.html"));
  for (const folder of FOLDERS) {
    for (const name of NAMES) {
      for (const extension of EXTENSIONS) {
        const file = join(folder, `${name}.${extension}`);
        const path = join(cwd, file);
        if (!existsSync(path)) continue;
        const text = readFileSync(path, "utf8");
        // Scripts of a plain site carry such names too; they neither listen nor export.
        if (FRAMEWORK.test(text) || (!isSite && SERVES.test(text))) return file;
      }
    }
  }
  const main = pack?.main;
  if (main !== undefined && leadsOut(source, join(cwd, main)))
    throw new BuildError(`The "main" of package.json, "${main}", leads out of the upload.`, "output");
  return main !== undefined && existsSync(join(cwd, main)) && statSync(join(cwd, main)).isFile()
    ? main
    : null;
}
