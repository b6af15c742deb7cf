import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LockfileState } from "@atoms/playbook";
import { z } from "zod";
import { diskWords, errnoOf } from "./disk-errors.js";

const Wanted = z.record(z.string(), z.string());
const Manifest = z.object({
  dependencies: Wanted.optional(),
  devDependencies: Wanted.optional(),
  optionalDependencies: Wanted.optional(),
});
type Manifest = z.output<typeof Manifest>;
const kinds = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** Lockfiles of npm, which repeat what package.json asked for when they were made. */
const comparable = ["package-lock.json", "npm-shrinkwrap.json"];
/** Others, whose own tools must compare them. */
const others = ["pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];

const NpmLockfile = z.object({
  lockfileVersion: z.number().optional(),
  packages: z.record(z.string(), z.unknown()).optional(),
});

/** Reads what package.json asks for and whether the lockfile beside it was made for the same. */
export async function readLockfile(folder: string): Promise<LockfileState> {
  const manifest = await readJson(join(folder, "package.json"), Manifest);
  if (manifest === undefined) return { kind: "no package.json" };
  if ("because" in manifest) return { kind: "unreadable", because: `package.json ${manifest.because}.` };
  const asked = askedFor(manifest.value);
  const state = { kind: "package.json" as const, dependencies: asked.size };
  for (const lockfile of comparable) {
    const lock = await readJson(join(folder, lockfile), NpmLockfile);
    if (lock === undefined) continue;
    if ("because" in lock) return { kind: "unreadable", because: `${lockfile} ${lock.because}.` };
    const root = Manifest.safeParse(lock.value.packages?.[""]);
    // The first format (npm 6 and before) does not repeat what was asked for.
    if (!root.success) return { ...state, lockfile };
    return { ...state, lockfile, differences: differences(asked, askedFor(root.data), lockfile) };
  }
  for (const lockfile of others) {
    const there = await access(join(folder, lockfile)).then(
      () => true,
      () => false,
    );
    if (there) return { ...state, lockfile };
  }
  return state;
}

/** Names and ranges over all kinds. npm writes an optional dependency under both names; later kinds win, as in npm. */
function askedFor(manifest: Manifest): Map<string, string> {
  return new Map(kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {})));
}

function differences(asked: Map<string, string>, locked: Map<string, string>, lockfile: string): string[] {
  const found: string[] = [];
  for (const [name, range] of asked) {
    const there = locked.get(name);
    if (there === undefined) found.push(`${name} is not in ${lockfile}`);
    else if (there !== range) found.push(`${name} is ${range} in package.json and ${there} in ${lockfile}`);
  }
  for (const name of locked.keys()) if (!asked.has(name)) found.push(`${name} is in ${lockfile} only`);
  return found;
}

async function readJson<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<{ value: T } | { because: string } | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? undefined : { because: `cannot be read: ${diskWords(error)}` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return { because: "is not JSON" };
  }
  const read = schema.safeParse(value);
  return read.success ? { value: read.data } : { because: "does not have the members it should" };
}
