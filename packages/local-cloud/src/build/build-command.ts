import type { Framework } from "@vercel/frameworks";
import type { PackageJson, VercelJson } from "./package-json.js";

/** What a build runs: a script of package.json by the project's package manager, or a command as it stands. */
export type BuildCommand =
  | { readonly script: string }
  | { readonly command: string; readonly isDefault: boolean };

/** What the choice of a build command goes by. */
export interface CommandFacts {
  /** The command of the deployment's or project's settings; null for none. */
  readonly setting: string | null;
  readonly vercelJson: Pick<VercelJson, "buildCommand"> | null;
  readonly scripts: NonNullable<PackageJson["scripts"]>;
  readonly framework: Framework | null;
}

/** The first that says something wins; vercel.json overrides what is set for the project, as on Vercel. */
const ORDER: readonly ((facts: CommandFacts) => BuildCommand | null)[] = [
  ({ vercelJson }) => written(vercelJson?.buildCommand),
  ({ setting }) => written(setting),
  // The platform, too, has its own command for Storybook, whose `build` script builds what it documents.
  ({ framework }) =>
    framework?.settings.buildCommand.ignorePackageJsonScript ? defaultCommand(framework) : null,
  ({ scripts }) => (scripts["vercel-build"] ? { script: "vercel-build" } : null),
  ({ scripts }) => (scripts["build"] ? { script: "build" } : null),
  ({ framework }) => defaultCommand(framework),
];

/** @returns null when nothing is to be built; an empty command in the settings says so too */
export function chooseBuildCommand(facts: CommandFacts): BuildCommand | null {
  for (const rule of ORDER) {
    const chosen = rule(facts);
    if (chosen) return "command" in chosen && chosen.command.trim() === "" ? null : chosen;
  }
  return null;
}

/** The program that a framework's default command runs. */
export function programOf(command: string): string {
  const [first = "", second = ""] = command.trim().split(/\s+/);
  return first === "npx" ? (second.split("/").at(-1) ?? "") : first;
}

function written(command: string | null | undefined): BuildCommand | null {
  return typeof command === "string" ? { command, isDefault: false } : null;
}

function defaultCommand(framework: Framework | null): BuildCommand | null {
  const command = framework?.settings.buildCommand.value;
  return command ? { command, isDefault: true } : null;
}
