import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isProblem, type SourceState, type Workspace } from "@atoms/playbook";
import { runCommand } from "./command.js";
import { writeProblem } from "./disk-errors.js";
import { openGit } from "./git.js";
import { isEnvFile } from "./ignored.js";
import { readLockfile } from "./lockfile.js";
import { walkSource } from "./walk-source.js";

/**
 * The folder that is released, as preflight sees it.
 * @param place.folder Absolute path of the source.
 * @param place.state Absolute path of the folder where Atoms keeps its state; may not exist yet.
 * @param place.own Absolute paths of what Atoms itself writes and git need not know: `.atoms`, records, backups.
 * @param place.exclude Paths from the source folder that are never shipped.
 * @param place.env The shell that Atoms was started from.
 * @param place.redact Blanks secrets in what commands write.
 */
export function openWorkspace(place: {
  folder: string;
  state: string;
  own?: readonly string[];
  exclude?: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
  redact?: (line: string) => string;
}): Workspace {
  const { folder, own = [], exclude = [], env = process.env, redact } = place;
  const git = openGit(folder, { own, env });
  return {
    gitState: (signal) => git.state(signal),
    run: (command, { cwd, ...options }) =>
      runCommand(command, {
        ...options,
        cwd: cwd === undefined ? folder : join(folder, cwd),
        env,
        ...(redact === undefined ? {} : { redact }),
      }),
    source: (signal) => readSource(folder, exclude, signal),
    lockfile: () => readLockfile(folder),
    async disk() {
      const there = nearestFolder(place.state);
      try {
        const { bavail, bsize } = await statfs(there);
        return { folder: there, freeBytes: bavail * bsize };
      } catch (error) {
        throw writeProblem(there, error);
      }
    },
    setInShell: (names) => names.filter((name) => (env[name] ?? "") !== ""),
  };
}

/** What is wrong with the source is an answer here: preflight tells it beside everything else that is wrong. */
async function readSource(
  folder: string,
  exclude: readonly string[],
  signal: AbortSignal | undefined,
): Promise<SourceState> {
  try {
    const entries = await walkSource(folder, { exclude, ...(signal === undefined ? {} : { signal }) });
    return {
      kind: "readable",
      files: entries.length,
      bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
      envFiles: entries.filter((entry) => isEnvFile(entry.path)).map((entry) => entry.path),
    };
  } catch (error) {
    if (isProblem(error)) return { kind: "unreadable", because: error.happened, fix: error.fix };
    throw error;
  }
}

function nearestFolder(path: string): string {
  for (let at = path; ; at = dirname(at)) if (existsSync(at) || at === dirname(at)) return at;
}
