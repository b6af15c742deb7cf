/** The programs that install dependencies, told apart by how they are called. */
export type Tool = "npm" | "pnpm" | "yarn" | "yarn-berry" | "bun";

/** What is in one folder on the way from the root directory of a project up to the top of its upload. */
export interface Level {
  /** Relative to the top; "." for the top itself. */
  readonly folder: string;
  /** Names of the lockfiles that are here. */
  readonly lockfiles: readonly string[];
  /** Those of them whose install includes the root directory: it is this folder, or a member of its workspace. */
  readonly covering: readonly string[];
  /** As in package.json, e.g. `pnpm@9.15.9`. */
  readonly packageManager: string | null;
  /** True when yarn 2 or later is meant: by the format of yarn.lock, or by `.yarnrc.yml`. */
  readonly isBerry: boolean;
  readonly hasPnpmWorkspace: boolean;
  /** What makes the install by npm's lockfile that of one deployment; null when others may use it. */
  readonly notKept: string | null;
}

/** How dependencies are installed. */
export interface InstallPlan {
  readonly tool: Tool;
  readonly program: "npm" | "pnpm" | "yarn" | "bun";
  readonly args: readonly string[];
  /** Where it runs, relative to the top. */
  readonly folder: string;
  /** Name of the lockfile in that folder; null when nothing pins what is installed. */
  readonly lockfile: string | null;
  /** True when the result is the same for every deployment with this lockfile, and may be kept for them. */
  readonly shared: boolean;
  /** What package.json asks for, e.g. `pnpm@9.15.9`, when it names this program. */
  readonly asked: string | null;
  /** Why, as sentences for the build's log. */
  readonly because: readonly string[];
  /** What whoever deployed should know, as a sentence. */
  readonly warning: string | null;
}

/** In the order in which they win over each other; only bun's win over yarn's, and lose to all others. */
const LOCKFILES: readonly (readonly [string, InstallPlan["program"]])[] = [
  ["yarn.lock", "yarn"],
  ["pnpm-lock.yaml", "pnpm"],
  ["npm-shrinkwrap.json", "npm"],
  ["package-lock.json", "npm"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/** Every lockfile that decides something. */
export const lockfileNames: readonly string[] = LOCKFILES.map(([name]) => name);

/**
 * Decides which program installs, how and where. The nearest folder with a lockfile decides; among several lockfiles
 * package.json's `packageManager` does, else Vercel's order (as `@vercel/build-utils` has it: bun when yarn's is there
 * too, yarn, pnpm, npm, bun). Without any it is what `packageManager` names, else npm.
 * @param levels from the root directory of the project up to the top of the upload; at least one
 * @param builds true when there is a build, which may need what only developers need
 */
export function chooseInstall(levels: readonly Level[], builds: boolean): InstallPlan {
  const found = levels.findIndex((level) => level.lockfiles.length > 0);
  const seen = found < 0 ? levels : levels.slice(0, found + 1);
  const packageManager = seen.findLast((level) => level.packageManager !== null)?.packageManager ?? null;
  const wanted = programNamed(packageManager);
  const root = levels[0]?.folder ?? ".";
  const level = found < 0 ? undefined : levels[found];
  const because: string[] = [];

  let program = wanted ?? "npm";
  let lockfile: string | null = null;
  if (level) {
    const taken = pick(level.lockfiles, wanted);
    program = programOf(taken);
    because.push(...whyThis(taken, level.lockfiles, wanted === program ? packageManager : null));
    if (level.covering.includes(taken)) lockfile = taken;
    else
      because.push(
        `${at(level.folder, taken)} says nothing of ${root}, so nothing pins what is installed there.`,
      );
  }
  const folder = lockfile !== null && level ? level.folder : root;
  if (lockfile !== null && folder !== root)
    because.push(`${at(folder, lockfile)} belongs to the workspace that ${root} is part of.`);
  if (program === "npm" && lockfile !== null && level?.notKept)
    because.push(`${level.notKept}, so this install is not kept for other deployments.`);
  const isBerry = level?.isBerry ?? seen.some((one) => one.isBerry);
  const tool: Tool =
    program === "yarn" && (isBerry || /^yarn@([2-9]|\d\d)/.test(packageManager ?? ""))
      ? "yarn-berry"
      : program;
  // A workspace of pnpm that the upload is not part of, around the cloud's own folder, must stay untouched.
  const isAlone = !levels
    .slice(levels.findIndex((one) => one.folder === folder))
    .some((one) => one.hasPnpmWorkspace);
  return {
    tool,
    program,
    args: argsOf(tool, lockfile !== null, !builds, isAlone),
    folder,
    lockfile,
    shared: program === "npm" && lockfile !== null && folder === root && level?.notKept === null,
    asked: wanted === program ? packageManager : null,
    because,
    warning:
      lockfile === null
        ? `No lockfile says which versions are meant, so the newest that fit are installed, anew for each deployment. ` +
          `Deploy the lockfile that "${program} install" writes in your folder, too: then it is the same every time, and quicker.`
        : null,
  };
}

function pick(names: readonly string[], wanted: InstallPlan["program"] | null): string {
  const ordered = lockfileNames.filter((name) => names.includes(name));
  const asked = ordered.find((name) => programOf(name) === wanted);
  if (asked !== undefined) return asked;
  const bun = ordered.find((name) => programOf(name) === "bun");
  if (bun !== undefined && ordered.includes("yarn.lock")) return bun;
  return ordered[0] ?? names[0] ?? "package-lock.json";
}

function whyThis(taken: string, names: readonly string[], asked: string | null): string[] {
  const left = names.filter((name) => programOf(name) !== programOf(taken));
  if (left.length === 0) return [];
  const why =
    asked === null
      ? `as Vercel does ("packageManager" in package.json would decide otherwise)`
      : `because package.json asks for ${asked}`;
  return [`Of several lockfiles ${taken} is taken, ${why}; ${left.join(" and ")} is left aside.`];
}

function argsOf(tool: Tool, isLocked: boolean, omitsDev: boolean, isAlone: boolean): string[] {
  switch (tool) {
    case "npm":
      return [
        ...(isLocked ? ["ci", "--prefer-offline"] : ["install"]),
        ...(omitsDev ? ["--omit=dev"] : []),
        "--no-audit",
        "--no-fund",
        "--ignore-scripts=false",
      ];
    case "pnpm":
      return [
        "install",
        isLocked ? "--frozen-lockfile" : "--no-frozen-lockfile",
        ...(omitsDev ? ["--prod"] : []),
        ...(isAlone ? ["--ignore-workspace"] : []),
        // Links into the machine's store would let a deployment change what others install.
        "--package-import-method=clone-or-copy",
      ];
    case "yarn":
      return [
        "install",
        ...(isLocked ? ["--frozen-lockfile"] : []),
        ...(omitsDev ? ["--production"] : []),
        "--non-interactive",
        "--no-progress",
      ];
    case "yarn-berry":
      return ["install", isLocked ? "--immutable" : "--no-immutable"];
    case "bun":
      return [
        "install",
        ...(isLocked ? ["--frozen-lockfile"] : []),
        ...(omitsDev ? ["--production"] : []),
        // Links into the machine's cache would, as with pnpm.
        "--backend=copyfile",
      ];
  }
}

function programOf(lockfile: string): InstallPlan["program"] {
  return LOCKFILES.find(([name]) => name === lockfile)?.[1] ?? "npm";
}

function programNamed(packageManager: string | null): InstallPlan["program"] | null {
  const name = packageManager?.split("@")[0];
  return name === "npm" || name === "pnpm" || name === "yarn" || name === "bun" ? name : null;
}

function at(folder: string, file: string): string {
  return folder === "." ? file : `${folder}/${file}`;
}
