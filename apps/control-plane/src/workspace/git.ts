import { realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { type GitState, gitFailed, tagTaken } from "@atoms/playbook";
import { runInGroup } from "./process-group.js";

/** What came of pushing a tag. That it failed does not fail a release. */
type Pushed = { pushed: true; remote: string } | { pushed: false; because: string };

/** Git in one folder. Every call has a deadline, asks nobody for a password, and takes no lock that it does not need. */
export interface Git {
  /** Reads where the folder stands; that there is no repository, or none that can be read, is an answer. */
  state(signal?: AbortSignal): Promise<GitState>;
  /** When a commit was made, in milliseconds since the epoch; undefined where git does not tell. */
  committedAt(commit: string): Promise<number | undefined>;
  /**
   * Makes an annotated tag at a commit. At the same commit already: fine.
   * @param commit Full id; default the commit that is checked out.
   * @returns the commit, and whether the tag is new.
   * @throws ATM-220 when the tag is at another commit, ATM-221 when git fails.
   */
  tag(
    name: string,
    options: { message: string; commit?: string; signal?: AbortSignal },
  ): Promise<{ commit: string; made: boolean }>;
  /** Pushes a tag to the remote that the state names. Already there: fine. */
  pushTag(name: string, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Pushed>;
}

/** Git's own environment variables would lead it to another repository, as when Atoms is run from a git hook. */
const misleading = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_PREFIX",
  "GIT_OBJECT_DIRECTORY",
];

/** The variables of a git that asks nobody, speaks English, and is in the repository of its folder. */
export const gitEnvironment = (base: Readonly<Record<string, string | undefined>>) => ({
  ...base,
  ...Object.fromEntries(misleading.map((name) => [name, undefined])),
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS: "",
  GIT_SSH_COMMAND: base["GIT_SSH_COMMAND"] ?? "ssh -o BatchMode=yes -o ConnectTimeout=10",
});

/** More output than this is no answer to any question asked here. */
const mostOutput = 64 * 1024 * 1024;

/**
 * @param folder The source folder, anywhere in a repository.
 * @param options.own Absolute paths of what Atoms itself writes; they do not count as changes.
 * @param options.timeoutMs Deadline of one call to git. Default 20,000; a push has its own, 30,000.
 */
export function openGit(
  folder: string,
  options: {
    own?: readonly string[];
    timeoutMs?: number;
    env?: Readonly<Record<string, string | undefined>>;
  } = {},
): Git {
  const env = gitEnvironment(options.env ?? process.env);

  const git = async (
    args: string[],
    more: { signal?: AbortSignal | undefined; timeoutMs?: number; env?: Record<string, string> } = {},
  ) => {
    const timeoutMs = more.timeoutMs ?? options.timeoutMs ?? 20_000;
    const said = { out: "", err: "" };
    const end = await runInGroup("git", args, {
      cwd: folder,
      env: { ...env, ...more.env },
      timeoutMs,
      signal: more.signal,
      graceMs: 1_000,
      onOutput: (stream, text) => {
        if (said[stream].length < mostOutput) said[stream] += text;
      },
    });
    const err = withoutPassword(said.err.trim());
    return {
      ok: end.exit === 0 && said.out.length < mostOutput,
      missing: end.notStarted?.code === "ENOENT",
      out: said.out,
      said: err,
      because: end.timedOut
        ? `git did not answer within ${timeoutMs / 1000} s`
        : end.aborted
          ? "it was stopped"
          : reasonIn(err) || end.notStarted?.message || `git ended with ${end.exit ?? "a signal"}`,
    };
  };
  const line = async (args: string[], signal?: AbortSignal) => {
    const result = await git(args, { signal });
    const text = result.out.trim();
    return result.ok && text !== "" ? text : undefined;
  };

  const remoteOf = async (branch: string | undefined, signal?: AbortSignal) => {
    const remotes = ((await line(["remote"], signal)) ?? "").split("\n").filter((name) => name !== "");
    const upstream =
      branch === undefined ? undefined : await line(["config", `branch.${branch}.remote`], signal);
    return [upstream, "origin", remotes[0]].find((name) => name !== undefined && remotes.includes(name));
  };
  const branchNow = (signal?: AbortSignal) => line(["symbolic-ref", "--quiet", "--short", "HEAD"], signal);
  const commitOf = (name: string, signal?: AbortSignal) =>
    line(["rev-parse", "--quiet", "--verify", "--end-of-options", `${name}^{commit}`], signal);

  return {
    async state(signal) {
      const there = await stat(folder).catch(() => undefined);
      if (there?.isDirectory() !== true) return { kind: "none", because: `There is no folder ${folder}` };
      const inside = await git(["rev-parse", "--is-inside-work-tree", "--show-toplevel"], { signal });
      if (inside.missing) return { kind: "none", because: "There is no git on this machine" };
      if (!inside.ok && /not a git repository/i.test(inside.said))
        return { kind: "none", because: "The source folder is not in a git repository" };
      if (!inside.ok)
        return { kind: "unreadable", because: `Git does not read the repository: ${inside.because}` };
      const [isInside = "", top = ""] = inside.out.split("\n");
      if (isInside !== "true")
        return { kind: "none", because: "The source folder is not in the work tree of a git repository" };

      const own = await pathsInside(top, options.own ?? []);
      const spared = own.map((path) => `:(top,exclude,literal)${path}`);
      const status = await git(
        ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--", ":(top)", ...spared],
        { signal },
      );
      if (!status.ok)
        return { kind: "unreadable", because: `Git does not tell what changed: ${status.because}` };
      const [branch, commit, userName] = await Promise.all([
        branchNow(signal),
        commitOf("HEAD", signal),
        line(["config", "user.name"], signal),
      ]);
      const remote = await remoteOf(branch, signal);
      return {
        kind: "repository",
        changed: changedPaths(status.out),
        ...(branch === undefined ? {} : { branch }),
        ...(commit === undefined ? {} : { commit }),
        ...(userName === undefined ? {} : { userName }),
        ...(remote === undefined ? {} : { remote }),
      };
    },

    async committedAt(commit) {
      const seconds = Number(await line(["show", "--no-patch", "--format=%ct", "--end-of-options", commit]));
      return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
    },

    async tag(name, { message, commit: asked, signal }) {
      const commit = await commitOf(asked ?? "HEAD", signal);
      const doing = `tag ${name}`;
      if (commit === undefined) throw gitFailed({ doing, because: `there is no commit ${asked ?? "yet"}` });
      const settled = async () => {
        const other = await commitOf(`refs/tags/${name}`, signal);
        if (other !== undefined && other !== commit) throw tagTaken({ tag: name, commit, other });
        return other !== undefined;
      };
      if (await settled()) return { commit, made: false };
      const nobody = (await line(["var", "GIT_COMMITTER_IDENT"], signal)) === undefined;
      const result = await git(["tag", "--annotate", "--message", message, "--", name, commit], {
        signal,
        env: nobody ? { GIT_COMMITTER_NAME: "Atoms", GIT_COMMITTER_EMAIL: "atoms@localhost" } : {},
      });
      if (result.ok) return { commit, made: true };
      // Two that finish one release at the same time: the loser finds the winner's tag.
      if (await settled()) return { commit, made: false };
      throw gitFailed({ doing, because: result.because });
    },

    async pushTag(name, { timeoutMs = 30_000, signal } = {}) {
      const remote = await remoteOf(await branchNow(signal), signal);
      if (remote === undefined) return { pushed: false, because: "the repository has no remote" };
      const result = await git(["push", "--porcelain", remote, `refs/tags/${name}`], { signal, timeoutMs });
      return result.ok
        ? { pushed: true, remote }
        : { pushed: false, because: `${remote} did not take it: ${rejection(result.out) ?? result.because}` };
    },
  };
}

/** Reads the paths out of `git status --porcelain=v1 -z`; a rename counts once, under its new name. */
export function changedPaths(output: string): string[] {
  const parts = output.split("\0");
  const paths: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? "";
    if (part.length < 4) continue;
    paths.push(part.slice(3));
    if (/[RC]/.test(part.slice(0, 2))) i++; // The old name follows on its own.
  }
  return paths;
}

/** The paths from the top of the repository of those that lie in it. */
async function pathsInside(top: string, paths: readonly string[]): Promise<string[]> {
  const real = await Promise.all(
    paths.map((path) =>
      realpath(path).catch(async () =>
        join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)),
      ),
    ),
  );
  return real
    .map((path) => relative(top, path))
    .filter((path) => path !== "" && !path.startsWith("..") && !isAbsolute(path));
}

/** `!` marks a ref that was refused, with the reason in brackets. */
const rejection = (porcelain: string) =>
  porcelain
    .split("\n")
    .find((text) => text.startsWith("!"))
    ?.split("\t")
    .at(-1);

/** What git says is the matter: its last word (fatal) before what led to it (error), without its label. */
const reasonIn = (text: string) => {
  const lines = text.split("\n");
  const line =
    lines.find((one) => one.startsWith("fatal:")) ??
    lines.find((one) => one.startsWith("error:")) ??
    lines[0] ??
    "";
  return line.replace(/^(?:fatal|error): |[.:]$/g, "");
};

/** Addresses of remotes may carry a password, and git quotes them. */
const withoutPassword = (text: string) => text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/gi, "$1");
