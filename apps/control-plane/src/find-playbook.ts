import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { noPlaybook } from "./problems.js";

const names = ["playbook.yaml", "playbook.yml"];

/**
 * Finds the playbook that a command is about: the one that was named, else the nearest one, upwards from a folder.
 * @throws ATM-914 when there is none. A named file that does not exist is left to the reader to tell of.
 */
export function findPlaybook(cwd: string, named: string | undefined): string {
  if (named !== undefined) return resolve(cwd, named);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    for (const name of names) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) throw noPlaybook({ folder: resolve(cwd) });
  }
}

/** The playbook that is nearest to a folder, upwards; undefined when there is none. */
export function playbookNear(cwd: string): string | undefined {
  try {
    return findPlaybook(cwd, undefined);
  } catch {
    return undefined;
  }
}
