import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, relative, resolve, sep } from "node:path";
import type { CronJob } from "../crons/schedule.js";
import type { Blobs } from "../folder/blobs.js";
import type { FileEntry, Output } from "../model.js";
import type { Route } from "../routing/route.js";
import { prefixedVariables } from "../runtime/environment.js";
import { unpackArchive } from "./archive.js";
import { chooseBuildCommand, programOf } from "./build-command.js";
import { BuildError } from "./build-error.js";
import type { BuildSteps } from "./build-steps.js";
import { chooseFramework } from "./choose-framework.js";
import { frameworks } from "./detect-framework.js";
import { isDevelopmentServer } from "./development-server.js";
import { findFunctions } from "./find-functions.js";
import { findMiddleware } from "./find-middleware.js";
import { findOutput } from "./find-output.js";
import { prepareInstall } from "./install.js";
import { linkFunctionFiles } from "./link-function-files.js";
import { makeRunnable } from "./make-runnable.js";
import { type FunctionSettings, maxDurationOf, nameFrom } from "./max-duration.js";
import { checkBuildOutput, readPackageJson, readVercelJson } from "./package-json.js";
import { hasProgram, programFolders } from "./programs.js";
import { layOut } from "./source.js";
import { warnOfUnknown, writeRoutes } from "./write-routes.js";

/** The settings of a build; null or absent means "find out". */
export interface BuildSettings {
  readonly rootDirectory: string | null;
  readonly installCommand: string | null;
  readonly buildCommand: string | null;
  readonly outputDirectory: string | null;
  /** A slug of the platform's list; null says that there is none, undefined that it is to be found out. */
  readonly framework: string | null | undefined;
  readonly prebuilt: boolean;
}

/**
 * Turns the files of a deployment into something that can be run: lays them out, installs, builds, and finds the entry.
 * @returns how to run it
 * @throws BuildError with a reason for whoever deployed; BuildCanceled
 */
export async function build(
  files: readonly FileEntry[],
  settings: BuildSettings,
  source: string,
  blobs: Blobs,
  steps: BuildSteps,
): Promise<Output> {
  await steps.say(`Laying out ${files.length} files`);
  await layOut(files, blobs, source);
  if (await unpackArchive(source, steps.archive)) await steps.say("Unpacked the uploaded archive");
  const cwd = rootOf(source, settings.rootDirectory);
  if (settings.prebuilt) {
    if (!existsSync(join(cwd, ".vercel", "output", "config.json"))) {
      throw new BuildError('The prebuilt deployment has no ".vercel/output/config.json".', "output");
    }
    const folder = relative(source, join(cwd, ".vercel", "output"));
    const uploaded: Output = { kind: "prebuilt", folder, cwd: relative(source, cwd) || "." };
    return finish(uploaded, source, cwd, undefined, steps);
  }
  const pack = await readPackageJson(cwd);
  const own = await readVercelJson(cwd);
  const { framework, said, warning } = await chooseFramework(cwd, own?.framework, settings.framework);
  if (warning) await steps.warn(warning);
  if (said) await steps.say(said);

  const scripts = pack?.scripts ?? {};
  const toBuild = chooseBuildCommand({ setting: settings.buildCommand, vercelJson: own, scripts, framework });

  const installCommand = own?.installCommand ?? settings.installCommand;
  const installer = pack && (await prepareInstall({ source, cwd, pack, builds: toBuild !== null }, steps));
  const programs = [...(installer?.programs ?? []), ...programFolders(source, cwd)];
  const ofInstall = { programs, variables: installer?.variables };
  if (installCommand !== null) await shell(installCommand, cwd, "install", steps, ofInstall);
  else await installer?.install();

  const forPages = prefixedVariables(framework?.envPrefix, steps.environment);
  const ofBuild = { programs, variables: { ...installer?.scriptVariables, ...forPages } };
  if (toBuild !== null && "script" in toBuild) {
    await shell(`${installer?.runner ?? "npm"} run ${toBuild.script}`, cwd, "build", steps, ofBuild);
  } else if (toBuild?.isDefault && !hasProgram(programOf(toBuild.command), programs)) {
    await steps.warn(
      `Nothing is built: package.json has no build script, and "${toBuild.command}", which builds ${framework?.name}, is not installed.`,
    );
  } else if (toBuild !== null) await shell(toBuild.command, cwd, "build", steps, ofBuild);

  const start = scripts["start"]?.trim();
  const found = await findOutput({
    source,
    cwd,
    pack,
    outputDirectory: own?.outputDirectory ?? settings.outputDirectory,
    framework,
    startsForDevelopment: Boolean(start) && isDevelopmentServer(start ?? "", scripts, await frameworks()),
  });
  const { defaultRoutes } = found;
  const output = installer?.started(found.output) ?? found.output;
  if (found.warning) await steps.warn(found.warning);
  const finished = await finish(output, source, cwd, own?.functions, steps);
  const crons = [...(own?.crons ?? []), ...(finished.crons ?? [])];
  const middleware = await findMiddleware(cwd, output, framework?.slug ?? null);
  if (middleware !== null)
    await steps.say(`${middleware} is asked before each request that its matcher fits`);
  const runnable = middleware === null ? null : await makeRunnable(join(cwd, middleware), source, cwd);
  const later = (defaultRoutes ?? []) as Route[];
  const routes = await writeRoutes(own ?? {}, later, finished, runnable, source, steps);
  await steps.say(`Build finished: ${describe(output)}`);
  return { ...finished, ...some({ crons }), ...(routes === null ? {} : { routes }) };
}

/** What was found, with what had to be made to run it, and what its files say of themselves. */
async function finish(
  output: Output,
  source: string,
  cwd: string,
  functions: FunctionSettings | undefined,
  steps: BuildSteps,
): Promise<Output> {
  const durationOf = async (file: string) =>
    statSync(file, { throwIfNoEntry: false })?.isFile()
      ? maxDurationOf(nameFrom(cwd, file), await readFile(file, "utf8"), functions)
      : null;
  switch (output.kind) {
    case "prebuilt": {
      const { crons, maxDuration, routes, shared } = await checkBuildOutput(join(source, output.folder));
      await linkFunctionFiles(source, shared);
      await warnOfUnknown(`${output.folder}/config.json`, routes, steps);
      return { ...output, ...some({ crons, maxDuration }) };
    }
    case "functions": {
      const { table, maxDuration } = await findFunctions(source, cwd, functions);
      return { ...output, table, ...some({ maxDuration }) };
    }
    case "module": {
      const file = join(source, output.file);
      const isTypeScript = /^\.[cm]?ts$/.test(extname(file));
      const maxDuration = await durationOf(file);
      const made = isTypeScript ? await makeRunnable(file, source, cwd) : output.file;
      return { ...output, file: made, ...some({ maxDuration }) };
    }
    case "node":
      return { ...output, ...some({ maxDuration: await durationOf(join(cwd, output.args[0] ?? "")) }) };
    default:
      return output;
  }
}

/** Without what there is none of. */
function some({
  crons = [],
  maxDuration = null,
}: {
  crons?: readonly CronJob[];
  maxDuration?: number | null;
}): Pick<Output, "crons" | "maxDuration"> {
  return {
    ...(crons.length === 0 ? {} : { crons: crons.map(({ path, schedule }) => ({ path, schedule })) }),
    ...(maxDuration === null ? {} : { maxDuration }),
  };
}

async function shell(
  command: string,
  cwd: string,
  step: "install" | "build",
  steps: BuildSteps,
  {
    programs,
    variables = {},
  }: {
    programs: readonly string[];
    variables?: Readonly<Record<string, string>> | undefined;
  },
): Promise<void> {
  if (command.trim() === "") return;
  const code = await steps.run(command, { cwd, programs, variables });
  if (code !== 0) throw new BuildError(`Command "${command}" exited with ${code ?? "a signal"}`, step);
}

function rootOf(source: string, rootDirectory: string | null): string {
  const cwd = resolve(source, rootDirectory ?? ".");
  if (cwd !== source && !cwd.startsWith(source + sep)) {
    throw new BuildError(`The root directory "${rootDirectory}" leads out of the upload.`, "source");
  }
  if (!existsSync(cwd))
    throw new BuildError(`The root directory "${rootDirectory}" does not exist.`, "source");
  return cwd;
}

function describe(output: Output): string {
  switch (output.kind) {
    case "node":
      return `starts with "node ${output.args.join(" ")}"`;
    case "shell":
      return "starts with its start command";
    case "module":
      return `serves ${output.file}`;
    case "static":
      return `serves the files of ${output.folder}`;
    case "functions":
      return `serves the functions of ${output.table}${output.publicFolder === null ? "" : ` and the files of ${output.publicFolder}`}`;
    case "prebuilt":
      return "serves its Build Output";
  }
}
