import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  dependenciesNotKept,
  lockedVersions,
  lockfileNames,
  packageManagerOf,
  updateStopped,
} from "@atoms/playbook";
import { runCommand } from "../../../workspace/index.js";
import { run } from "./program.js";

type Env = Readonly<Record<string, string | undefined>>;
/** How npm is run here. */
type Npm = { env: Env; timeoutMs: number; signal: AbortSignal; redact(line: string): string };

const quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];

/**
 * Finds the folder whose lockfile keeps the dependencies of a package: its own, or one above it, as with workspaces.
 * @param tree The work tree, where the search ends. @throws ATM-649 for what npm does not keep.
 */
export async function lockfileOf(tree: string, folder: string): Promise<{ root: string; lockfile: string }> {
  for (let at = folder; ; at = dirname(at)) {
    const present = await readdir(at).catch(() => []);
    const manager = packageManagerOf(present.filter((name) => lockfileNames.includes(name)));
    const shown = at === tree ? "the top of the repository" : at.slice(tree.length + 1);
    switch (manager.is) {
      case "npm":
        return { root: at, lockfile: join(at, manager.lockfile) };
      case "unsupported":
        throw dependenciesNotKept({
          folder: shown,
          because: `${manager.lockfile} is kept by a program that Atoms does not run`,
        });
      case "ambiguous":
        throw dependenciesNotKept({
          folder: shown,
          because: `it has lockfiles of several programs: ${manager.lockfiles.join(", ")}`,
        });
      case "none":
        if (at === tree || at.length <= tree.length)
          throw dependenciesNotKept({ folder: shown, because: "no lockfile is committed" });
    }
  }
}

/** Which versions are locked. @throws ATM-649 for a lockfile of another format. */
export async function lockedIn(lockfile: string): Promise<Map<string, string>> {
  const locked = lockedVersions(await readFile(lockfile, "utf8"));
  if (locked === undefined)
    throw dependenciesNotKept({
      folder: lockfile,
      because: "it is not of npm 7 or later (lockfileVersion 2 or 3)",
    });
  return locked;
}

/** Writes newer versions into the lockfile; installs nothing. @throws ATM-660 when the registry or the command refuse. */
export async function updateLockfile(
  root: string,
  { only, update }: { only?: readonly string[] | undefined; update?: string | undefined },
  { env, timeoutMs, signal, redact }: Npm,
): Promise<void> {
  const doing = "find newer versions";
  if (update !== undefined) {
    const ended = await runCommand(update, { cwd: root, env, timeoutMs, signal, redact });
    signal.throwIfAborted();
    if (ended.exit !== 0) throw updateStopped({ doing, because: `${update} ${howItEnded(ended)}` });
    return;
  }
  const words = ["update", "--package-lock-only", "--ignore-scripts", ...quiet, "--", ...(only ?? [])];
  const ended = await run("npm", words, { cwd: root, env, timeoutMs, signal });
  if (!ended.ok) throw updateStopped({ doing, because: redact(ended.because) });
}

/** Installs what is locked. @throws ATM-660. */
export async function installLocked(root: string, { env, timeoutMs, signal, redact }: Npm): Promise<void> {
  const ended = await run("npm", ["ci", ...quiet], { cwd: root, env, timeoutMs, signal });
  if (!ended.ok) throw updateStopped({ doing: "install the newer versions", because: redact(ended.because) });
}

/** How a command ended that should have ended with 0. */
export function howItEnded(ended: {
  exit?: number;
  timedOut: boolean;
  notStarted?: string;
  lastLines: readonly string[];
}): string {
  if (ended.notStarted !== undefined) return `could not be started: ${ended.notStarted}`;
  if (ended.timedOut) return "did not end in time";
  return `ended with ${ended.exit ?? "a signal"}`;
}

/** What npm needs of the surroundings, and nothing that looks like a secret. */
const passed =
  /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|SHELL|TERM|CI|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|NVM_\w+)$/;
const passedInAnyCase = /^(https?_proxy|no_proxy|npm_config_(registry|cache|userconfig|cafile|prefix))$/i;

/** The variables of npm and of the tests. @param named Those that the playbook names besides. */
export const variablesFor = (env: Env, named: readonly string[]): Record<string, string | undefined> => ({
  ...Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => passed.test(name) || passedInAnyCase.test(name) || named.includes(name),
    ),
  ),
  npm_config_update_notifier: "false",
});
