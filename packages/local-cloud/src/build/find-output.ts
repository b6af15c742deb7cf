import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, normalize, relative, sep } from "node:path";
import type { Framework } from "@vercel/frameworks";
import type { Output } from "../model.js";
import { BuildError } from "./build-error.js";
import { functionNames } from "./find-functions.js";
import { ruleOf } from "./framework-rules.js";
import type { PackageJson } from "./package-json.js";
import { hasProgram, programFolders } from "./programs.js";

const NAMES = ["server", "app", "index"];
const FOLDERS = ["", "src"];
const EXTENSIONS = ["js", "mjs", "cjs", "ts", "mts", "cts"];
const APP_PACKAGE =
  /(?:from|import|require\()\s*["'](?:hono|express|fastify|koa|elysia|h3|@hono\/node-server)["'/]/;
const SERVES = /\.listen\s*\(|createServer\s*\(|\bserve\s*\(|export\s+default|module\.exports/;
const USUAL_FOLDERS = ["public", "dist", "build", "out", "."];

/** What is known when the commands of a build have run. Paths are full. */
export interface Built {
  readonly source: string;
  readonly cwd: string;
  readonly pack: PackageJson | null;
  readonly outputDirectory: string | null;
  /** Null for none. */
  readonly framework: Framework | null;
  /** Whether the `start` script of package.json is a development server; false when there is none. */
  readonly startsForDevelopment: boolean;
}

/** How a built folder is run, before TypeScript and functions are made runnable. */
export interface FoundOutput {
  readonly output: Output;
  /** The routes that the framework of a site comes with, in the shape of Build Output; null for none. */
  readonly defaultRoutes: readonly unknown[] | null;
  /** What whoever deployed should know of the choice. */
  readonly warning?: string;
}

type Step = (built: Built) => FoundOutput | null | Promise<FoundOutput | null>;

/** The ways in which a built folder may be run. The first that fits wins. */
const STEPS: readonly Step[] = [
  finishedBuildOutput,
  namedDirectory,
  serverLeftByTheBuild,
  siteLeftByTheBuild,
  startScript,
  programOfTheFramework,
  nothingOfTheFramework,
  entryModule,
  functions,
  usualFolders,
];

/**
 * Finds how a built folder is run: finished Build Output, an output directory, what its framework leaves, the start script, a
 * server file, functions in `api`, or files.
 * @throws BuildError when there is nothing to run or to serve
 */
export async function findOutput(built: Built): Promise<FoundOutput> {
  for (const step of STEPS) {
    const found = await step(built);
    if (found) return found;
  }
  throw new BuildError(
    "Nothing was found that can be started or served. Add a start script to package.json, or a file " +
      "server, app or index (.js, .mjs or .ts) that exports an app or listens on PORT, or a public folder." +
      (built.startsForDevelopment ? ` ${ofTheStartScript(built)}` : ""),
    "output",
  );
}

function finishedBuildOutput(built: Built): FoundOutput | null {
  const folder = join(".vercel", "output");
  if (!existsSync(join(built.cwd, folder, "config.json"))) return null;
  return plain({ kind: "prebuilt", folder: inSource(built, folder), cwd: at(built) });
}

async function namedDirectory(built: Built): Promise<FoundOutput | null> {
  const { source, cwd, outputDirectory, framework } = built;
  if (outputDirectory === null) return null;
  if (leadsOut(source, join(cwd, outputDirectory)))
    throw new BuildError(`The output directory "${outputDirectory}" leads out of the upload.`, "output");
  // For a framework with a server it says where the build is (`.next`), which is no site.
  const isSite = ["files", "either", "app"].includes(ruleOf(framework).serving);
  if (!isSite && !existsSync(join(cwd, outputDirectory, "index.html"))) return null;
  if (isFolder(built, outputDirectory)) return site(built, outputDirectory);
  throw new BuildError(`There is no output directory named "${outputDirectory}" after the build.`, "output");
}

function serverLeftByTheBuild(built: Built): FoundOutput | null {
  const file = ruleOf(built.framework).servers?.find((path) => existsSync(join(built.cwd, path)));
  if (file === undefined) return null;
  return startScript(built) ?? plain({ kind: "node", args: [file], cwd: at(built) });
}

async function siteLeftByTheBuild(built: Built): Promise<FoundOutput | null> {
  const { framework, cwd } = built;
  const { serving, sites = [] } = ruleOf(framework);
  if (framework === null || serving === "app" || serving === "elsewhere") return null;
  const exported = sites.find(
    ({ folder, unless }) =>
      existsSync(join(cwd, folder, "index.html")) && (unless === undefined || !existsSync(join(cwd, unless))),
  );
  if (exported !== undefined) return site(built, exported.folder, exported.routes);
  if (serving === "server") return null;
  const folder = await outputFolder(built, framework);
  if (folder === null) return null;
  const start = startScript(built);
  if (start === null) return site(built, folder);
  // A build that leaves no page is that of a server, whatever it was built with.
  if (!existsSync(join(cwd, folder, "index.html"))) return null;
  return {
    ...(await site(built, folder)),
    warning:
      `The files of "${folder}" are served, as ${framework.name} has it, and the start script is not run. To run it instead, ` +
      'set "framework": null in vercel.json.',
  };
}

/** @returns null when the build left none */
async function outputFolder(built: Built, framework: Framework): Promise<string | null> {
  const { outputDirectory } = framework.settings;
  const usual = "value" in outputDirectory ? outputDirectory.value : null;
  // The list's function complains on the console about a folder that is not there.
  if (usual && !isFolder(built, usual)) return null;
  let folder: string;
  try {
    folder = normalize(await framework.getOutputDirName(built.cwd));
  } catch (error) {
    throw new BuildError(
      `The output directory of ${framework.name} cannot be read from its configuration: ${(error as Error).message}`,
      "output",
    );
  }
  const inner = ruleOf(framework).within;
  if (inner !== undefined && isFolder(built, join(folder, inner))) folder = join(folder, inner);
  if (leadsOut(built.source, join(built.cwd, folder)))
    throw new BuildError(`The output directory "${folder}" leads out of the upload.`, "output");
  return isFolder(built, folder) ? folder : null;
}

function startScript(built: Built): FoundOutput | null {
  const start = built.pack?.scripts?.["start"]?.trim();
  return start && !built.startsForDevelopment ? plain(startCommand(start, built)) : null;
}

function programOfTheFramework(built: Built): FoundOutput | null {
  const folders = programFolders(built.source, built.cwd);
  const start = ruleOf(built.framework).starts?.find(
    ({ command, needs }) =>
      existsSync(join(built.cwd, needs)) && hasProgram(command.split(" ")[0] ?? "", folders),
  );
  return start ? plain(startCommand(start.command, built)) : null;
}

/** What a framework builds must be there; other folders may be what it is built from. */
async function nothingOfTheFramework(built: Built): Promise<null> {
  const { framework } = built;
  const { serving, help } = ruleOf(framework);
  if (framework === null || serving === "app" || serving === "elsewhere") return null;
  const left =
    serving === "server"
      ? `${framework.name} is served by a server, and nothing was found that starts it.`
      : `${framework.name} left nothing to serve: there is no output directory named "${await expected(built, framework)}" after the build.`;
  const more = help ?? 'If the build writes elsewhere, set "outputDirectory" in vercel.json.';
  const start = built.startsForDevelopment ? ` ${ofTheStartScript(built)}` : "";
  throw new BuildError(
    `${left} ${more}${start} If the project is no ${framework.name}, set "framework": null in vercel.json.`,
    "output",
  );
}

async function expected(built: Built, framework: Framework): Promise<string> {
  const { outputDirectory } = framework.settings;
  return ("value" in outputDirectory && outputDirectory.value) || framework.getOutputDirName(built.cwd);
}

function entryModule(built: Built): FoundOutput | null {
  const file = entryFile(built);
  if (file === null) return null;
  const publicFolder = isFolder(built, "public") ? inSource(built, "public") : null;
  return plain({ kind: "module", file: inSource(built, file), publicFolder, cwd: at(built) });
}

function functions(built: Built): FoundOutput | null {
  if (!isFolder(built, "api")) return null;
  const publicFolder = isFolder(built, "public") ? inSource(built, "public") : at(built);
  return plain({ kind: "functions", table: inSource(built, "api"), publicFolder, cwd: at(built) });
}

function usualFolders(built: Built): FoundOutput | null {
  const { cwd, framework } = built;
  const files = (folder: string) =>
    plain({ kind: "static", folder: inSource(built, folder), cwd: at(built) });
  const found = USUAL_FOLDERS.find((folder) => existsSync(join(cwd, folder, "index.html")));
  if (found !== undefined) return files(found);
  if (isFolder(built, "public")) return files("public");
  if (framework !== null && ruleOf(framework).serving === "elsewhere")
    throw new BuildError(
      `${framework.name} is not run here: this cloud runs Node. Add a start script to package.json that starts the service ` +
        "on PORT.",
      "output",
    );
  return built.pack === null ? files(".") : null;
}

/** The files of a folder, beside the functions in `api` where there are any. */
async function site(built: Built, folder: string, routes?: readonly unknown[]): Promise<FoundOutput> {
  const path = inSource(built, folder);
  const hasFunctions = (await functionNames(join(built.cwd, "api"))).length > 0;
  const output: Output = hasFunctions
    ? { kind: "functions", table: inSource(built, "api"), publicFolder: path, cwd: at(built) }
    : { kind: "static", folder: path, cwd: at(built) };
  return { output, defaultRoutes: routes ?? (await routesOf(built)) };
}

async function routesOf({ framework, cwd }: Built): Promise<readonly unknown[] | null> {
  if (!["files", "either"].includes(ruleOf(framework).serving)) return null;
  const routes = framework?.defaultRoutes;
  return typeof routes === "function" ? routes(cwd) : (routes ?? null);
}

function plain(output: Output): FoundOutput {
  return { output, defaultRoutes: null };
}

function at({ source, cwd }: Built): string {
  return relative(source, cwd) || ".";
}

function inSource({ source, cwd }: Built, path: string): string {
  return relative(source, join(cwd, path)) || ".";
}

function isFolder({ cwd }: Built, path: string): boolean {
  return existsSync(join(cwd, path)) && statSync(join(cwd, path)).isDirectory();
}

function ofTheStartScript({ pack }: Built): string {
  return `Its start script "${pack?.scripts?.["start"] ?? ""}" is a development server and is not run.`;
}

/** A plain `node file args` is started without npm and without a shell, so that signals reach it. */
function startCommand(start: string, built: Built): Output {
  const words = start.split(/\s+/);
  if (words[0] === "node" && words.length > 1 && !/["'`$&|;<>()*?\\~=]/.test(start)) {
    return { kind: "node", args: words.slice(1), cwd: at(built) };
  }
  const programs = programFolders(built.source, built.cwd).map((one) => `$PWD/${relative(built.cwd, one)}`);
  return {
    kind: "shell",
    command: `PATH="${programs.join(":")}:$PATH"; export PATH; ${start}`,
    cwd: at(built),
  };
}

/** By its text, or by the links on its way. */
function leadsOut(source: string, path: string): boolean {
  const root = existsSync(source) ? realpathSync(source) : source;
  const ends = [relative(source, path), ...(existsSync(path) ? [relative(root, realpathSync(path))] : [])];
  return ends.some((end) => end === ".." || end.startsWith(`..${sep}`));
}

function entryFile({ source, cwd, pack }: Built): string | null {
  const isSite = existsSync(join(cwd, "index.html"));
  for (const folder of FOLDERS) {
    for (const name of NAMES) {
      for (const extension of EXTENSIONS) {
        const file = join(folder, `${name}.${extension}`);
        const path = join(cwd, file);
        if (!existsSync(path)) continue;
        const text = readFileSync(path, "utf8");
        // Scripts of a plain site carry such names too; they neither listen nor export.
        if (APP_PACKAGE.test(text) || (!isSite && SERVES.test(text))) return file;
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
