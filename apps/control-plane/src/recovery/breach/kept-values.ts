import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "../../places.js";
import { writeAtomically, writeUnlessThere } from "../../workspace/write-atomically.js";

type Place = { service: string; environment: string };

/** New values of secrets, on their way: files for the owner alone, among the keys of the folder. */
export interface KeptValues {
  /** The same for all tries until one comes to its end. */
  readonly rotation: string;
  has(variable: string): boolean;
  /** @returns undefined when there is none. */
  read(variable: string): string | undefined;
  /** Keeps a value, unless one is kept already. @returns the one that is kept. */
  keep(variable: string, value: string): Promise<string>;
  /** Keeps a value that people have brought, whatever was kept. */
  replace(variable: string, value: string): Promise<void>;
  /** Where a value is kept. */
  pathOf(variable: string): string;
  /**
   * The rotation is through: what people need is put where it can be found, the rest is removed. Safe to run twice.
   * @returns the paths of what is left, by variable.
   */
  putAside(as: string, needed: readonly string[]): Record<string, string>;
}

/** Opens what is kept of the rotation under way, and begins one where there is none. */
export async function keptValues(places: Places, { service, environment }: Place): Promise<KeptValues> {
  const folder = join(places.keys, `rotation.${service}.${environment}`);
  const idFile = join(folder, ".id");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await writeUnlessThere(idFile, `rot_${randomBytes(8).toString("hex")}`, 0o600);
  const pathOf = (variable: string) => join(folder, variable);
  const read = (variable: string) =>
    existsSync(pathOf(variable)) ? readFileSync(pathOf(variable), "utf8") : undefined;
  return {
    rotation: readFileSync(idFile, "utf8"),
    has: (variable) => existsSync(pathOf(variable)),
    read,
    async keep(variable, value) {
      await writeUnlessThere(pathOf(variable), value, 0o600);
      return read(variable) ?? value;
    },
    replace: (variable, value) => writeAtomically(pathOf(variable), value, 0o600),
    pathOf,
    putAside(as, needed) {
      const aside = join(places.keys, `rotated.${as}`);
      mkdirSync(aside, { recursive: true, mode: 0o700 });
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (needed.includes(name)) renameSync(join(folder, name), join(aside, name));
      rmSync(folder, { recursive: true, force: true });
      return Object.fromEntries(
        readdirSync(aside)
          .filter((name) => needed.includes(name))
          .map((name) => [name, join(aside, name)]),
      );
    },
  };
}

/** Which values are kept of a rotation that has not come to its end; looks only. */
export function keptNow(places: Places, { service, environment }: Place): string[] {
  const folder = join(places.keys, `rotation.${service}.${environment}`);
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}
