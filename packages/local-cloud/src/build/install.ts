import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Output } from "../model.js";
import { BuildError } from "./build-error.js";
import type { BuildSteps } from "./build-steps.js";
import { chooseInstall, type InstallPlan } from "./choose-install.js";
import { findLevels } from "./find-levels.js";
import { type Found, findProgram, isClassicYarn } from "./find-program.js";
import { installKept } from "./kept-install.js";
import type { PackageJson } from "./package-json.js";
import { corepackVariables, programVariables, scriptVariables } from "./program-variables.js";

/** What is installed for. Paths are full. */
export interface InstallFor {
  /** The top of the upload. */
  readonly source: string;
  /** The root directory of the project. */
  readonly cwd: string;
  readonly pack: PackageJson;
  /** True when a build follows; it may need what only developers need, which would be dead weight otherwise. */
  readonly builds: boolean;
}

/** How a project's dependencies are installed, and its scripts run. */
export interface Installer {
  /** Puts `node_modules` in place. @throws BuildError when the program is missing or fails */
  install(): Promise<void>;
  /** For an install command of the project's own: settings and caches of this machine. */
  readonly variables: Readonly<Record<string, string>>;
  /** The program that runs the project's scripts, with what it needs. */
  readonly runner: InstallPlan["program"];
  readonly scriptVariables: Readonly<Record<string, string>>;
  /** Folders with the stand-ins of programs that this machine does not have; to be searched first. */
  readonly programs: readonly string[];
  /** The same output; a start script that calls the runner by its name finds what that needs. */
  started(output: Output): Output;
}

/**
 * Finds out by lockfiles and package.json how to install, and whether the program is there. Installs nothing yet.
 * @throws BuildError when a package.json cannot be read, or corepack fails
 */
export async function prepareInstall(what: InstallFor, steps: BuildSteps): Promise<Installer> {
  const plan = chooseInstall(await findLevels(what.source, what.cwd), what.builds);
  const machine = { env: process.env, home: homedir(), platform: process.platform };
  const found = await whereIs(plan, what.source, steps.path);
  const corepack = found === "corepack" ? corepackVariables(plan.asked !== null, machine) : {};
  if (found === "corepack") await useCorepack(plan, corepack, steps);
  const programs = found === "corepack" ? [steps.programs] : [];
  const variables = { ...programVariables(plan.tool, machine), ...corepack };
  const ofScripts = { ...scriptVariables(plan.tool, machine), ...corepack };
  return {
    variables,
    // A missing program is told by the install; where the project installs by a command of its own, npm runs scripts too.
    runner: found === "nowhere" ? "npm" : plan.program,
    scriptVariables: ofScripts,
    programs,
    started: (output) => {
      if (output.kind !== "shell") return output;
      const settings = Object.entries(ofScripts).map(
        ([name, value]) => `${name}=${quoted(value)}; export ${name}; `,
      );
      const path = programs.map((folder) => `PATH=${quoted(folder)}:"$PATH"; export PATH; `);
      return { ...output, command: [...settings, ...path, output.command].join("") };
    },
    install: () => install(what, { plan, found, variables, programs }, steps),
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** How the program of a plan is run here. */
interface Means {
  readonly plan: InstallPlan;
  readonly found: Found;
  readonly variables: Readonly<Record<string, string>>;
  readonly programs: readonly string[];
}

async function install(
  { source, cwd, pack, builds }: InstallFor,
  means: Means,
  steps: BuildSteps,
): Promise<void> {
  const { plan, found } = means;
  const folder = join(source, plan.folder);
  if (!(await isNeeded(folder, cwd, pack, builds))) return;
  if ([cwd, folder].some((one) => existsSync(join(one, "node_modules")))) {
    await steps.say("Dependencies came with the upload; nothing is installed.");
    return;
  }
  for (const reason of plan.because) await steps.say(reason);
  if (plan.warning !== null) await steps.warn(plan.warning);
  if (found === "nowhere") throw missing(plan, steps.path);
  if (found === "itself" && plan.program === "pnpm" && plan.asked !== null)
    await steps.say(`package.json asks for ${plan.asked}; a pnpm of another version downloads that one.`);
  if (plan.shared) {
    await installKept(cwd, plan, (at) => run(means, at, steps), steps);
    return;
  }
  // Without it, yarn 2 and later look for a project in the folders around the upload.
  if (plan.tool === "yarn-berry" && plan.lockfile === null) await writeFile(join(folder, "yarn.lock"), "");
  await run(means, folder, steps);
}

/** What needs nothing stays quick: no dependencies, and no workspace whose members may have some. */
async function isNeeded(folder: string, cwd: string, pack: PackageJson, builds: boolean): Promise<boolean> {
  const own = {
    ...pack.dependencies,
    ...pack.optionalDependencies,
    ...(builds ? pack.devDependencies : {}),
  };
  if (Object.keys(own).length > 0) return true;
  if (folder !== cwd) return builds;
  return pack.workspaces !== undefined || existsSync(join(cwd, "pnpm-workspace.yaml"));
}

async function run(
  { plan, found, variables, programs }: Means,
  cwd: string,
  steps: BuildSteps,
): Promise<void> {
  const code = await steps.run(plan.program, { args: plan.args, cwd, variables, programs });
  if (code === 0) return;
  const command = [plan.program, ...plan.args].join(" ");
  const help = [
    `"${command}" ended with ${code === null ? "a signal" : `code ${code}`}. Its own words are in the build's log.`,
  ];
  if (plan.lockfile !== null) {
    const isUnreadable = plan.program === "npm" && !(await isJson(join(cwd, plan.lockfile)));
    help.push(
      `${isUnreadable ? `${plan.lockfile} is not JSON` : `When ${plan.lockfile} does not match package.json`}: ` +
        `"${plan.program} install" in your folder mends it.`,
    );
  }
  if (found === "corepack")
    help.push(
      `When corepack could not provide ${plan.program}, "npm install --global ${plan.program}" does without corepack.`,
    );
  throw new BuildError(help.join(" "), "install");
}

/** npm says of a lockfile that it cannot read only that there must be one. */
async function isJson(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

/** A program of that name that can read the lockfile; else corepack, where package.json says which version it is to provide. */
async function whereIs(plan: InstallPlan, source: string, path: string): Promise<Found> {
  const found = findProgram(plan.program, path);
  const isUnfit =
    plan.tool === "yarn-berry" && isClassicYarn(path) && !(await bringsYarn(join(source, plan.folder)));
  if (found !== "nowhere" && !isUnfit) return found;
  const isProvided = (plan.program === "pnpm" || plan.program === "yarn") && plan.asked !== null;
  return isProvided && findProgram("corepack", path) === "itself" ? "corepack" : "nowhere";
}

/** Version 1 of yarn hands over to the one that a project has in itself. */
async function bringsYarn(folder: string): Promise<boolean> {
  const settings = join(folder, ".yarnrc.yml");
  return existsSync(settings) && /^yarnPath:/m.test(await readFile(settings, "utf8"));
}

/** Puts corepack's stand-in first in the build's PATH, for scripts that call the program by its name, too. */
async function useCorepack(
  plan: InstallPlan,
  variables: Readonly<Record<string, string>>,
  steps: BuildSteps,
): Promise<void> {
  await steps.say(
    plan.asked === null
      ? `${plan.program} is a stand-in of corepack here, and package.json has no "packageManager" that says which version to download; one that is on this machine already is used.`
      : `corepack provides ${plan.asked}, as package.json asks; it is downloaded when this machine does not have it yet.`,
  );
  if (findProgram("corepack", steps.path) !== "itself") return;
  await mkdir(steps.programs, { recursive: true });
  const args = ["enable", "--install-directory", steps.programs, plan.program];
  const code = await steps.run("corepack", { args, cwd: steps.programs, variables });
  if (code !== 0) throw new BuildError(`"corepack enable" ended with code ${code ?? "none"}.`, "install");
}

function missing(plan: InstallPlan, path: string): BuildError {
  const by = plan.lockfile ?? `"packageManager" in package.json`;
  const isBerry = plan.tool === "yarn-berry";
  const name = isBerry ? "@yarnpkg/cli-dist" : plan.program;
  return new BuildError(
    `${by} asks for ${isBerry ? "yarn 2 or later" : plan.program}, which is not on this machine, so nothing was ` +
      `installed. Install it with "npm install --global ${isBerry && isClassicYarn(path) ? "--force " : ""}${name}" and deploy again; or set an installCommand in ` +
      `vercel.json or in the project, such as "npx --yes ${name} ${plan.args.slice(0, 2).join(" ")}".`,
    "install",
  );
}
