import { z } from "zod";

/** A package that an update changed; `from` is left out for a new one, `to` for one that went. */
export type DependencyChange = { name: string; from?: string; to?: string };

/** Which program keeps the dependencies of a folder, by its lockfile. */
export type PackageManager =
  | { is: "npm"; lockfile: string }
  | { is: "unsupported"; lockfile: string }
  | { is: "none" }
  | { is: "ambiguous"; lockfiles: string[] };

const ofNpm = ["npm-shrinkwrap.json", "package-lock.json"];
/** Lockfiles of programs that Atoms does not run. */
const ofOthers = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "deno.lock"];

/** Names of the files by which a folder is looked at. */
export const lockfileNames: readonly string[] = [...ofNpm, ...ofOthers];

/** Says which program keeps the dependencies. @param present Names of the lockfiles that are there. */
export function packageManagerOf(present: readonly string[]): PackageManager {
  const npm = ofNpm.filter((name) => present.includes(name));
  const others = ofOthers.filter((name) => present.includes(name));
  const [lockfile] = [...npm, ...others];
  if (lockfile === undefined) return { is: "none" };
  if (npm.length > 0 && others.length > 0) return { is: "ambiguous", lockfiles: [...npm, ...others] };
  return { is: npm.length > 0 ? "npm" : "unsupported", lockfile };
}

const Lockfile = z.object({
  lockfileVersion: z.number(),
  packages: z.record(z.string(), z.object({ version: z.string().optional(), link: z.boolean().optional() })),
});

/**
 * Reads which versions a lockfile of npm holds, by place, such as `node_modules/zod`.
 * @returns undefined when it is none of npm 7 or later.
 */
export function lockedVersions(text: string): Map<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  const read = Lockfile.safeParse(value);
  if (!read.success) return undefined;
  return new Map(
    Object.entries(read.data.packages).flatMap(([place, { version, link }]) =>
      place.includes("node_modules/") && link !== true && version !== undefined ? [[place, version]] : [],
    ),
  );
}

const nameAt = (place: string): string => place.slice(place.lastIndexOf("node_modules/") + 13);

/** What differs between two states of a lockfile, by name; the same change at several places is told once. */
export function dependencyChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): DependencyChange[] {
  const found = new Map<string, DependencyChange>();
  for (const place of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [before.get(place), after.get(place)];
    if (from === to) continue;
    const name = nameAt(place);
    found.set(`${name} ${from} ${to}`, {
      name,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A change in a few words, such as `zod 4.1.0 → 4.1.2`. */
export const dependencyChangeText = ({ name, from, to }: DependencyChange): string =>
  from === undefined
    ? `${name} ${to} is new`
    : to === undefined
      ? `${name} ${from} is gone`
      : `${name} ${from} → ${to}`;

/** The message of the commit that holds the update. */
export function updateMessage(changes: readonly DependencyChange[], tests: string): string {
  const count = `${changes.length} ${changes.length === 1 ? "package" : "packages"}`;
  const list = changes.map((change) => `- ${dependencyChangeText(change)}`).join("\n");
  return `Update ${count} within what package.json allows\n\n${list}\n\nTested by: ${tests}\n`;
}

/** The branch of a day. @param at In milliseconds since the epoch; the day is UTC's. @param turn From 1. */
export const updateBranch = (at: number, turn: number): string =>
  `atoms/dependencies-${new Date(at).toISOString().slice(0, 10)}${turn === 1 ? "" : `-${turn}`}`;
