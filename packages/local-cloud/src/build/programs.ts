import { existsSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";

/** The folders of programs that a project's packages bring, nearest first: its own, then those of the folders it is in. */
export function programFolders(source: string, cwd: string): string[] {
  const folders: string[] = [];
  for (let at = cwd; !relative(source, at).startsWith(".."); at = dirname(at)) {
    folders.push(join(at, "node_modules", ".bin"));
    if (at === dirname(at)) break;
  }
  return folders;
}

/** Whether a program is among the project's packages or, failing that, on this machine. */
export function hasProgram(name: string, folders: readonly string[]): boolean {
  const machine = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return [...folders, ...machine].some((folder) => existsSync(join(folder, name)));
}
