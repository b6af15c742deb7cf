import { defineLook } from "../check.js";
import type { GitState } from "../model.js";

/** Releases come from the branch that the team agreed on. */
export const branch = defineLook<GitState>({
  name: "branch",
  title: "The branch may be released",
  wanted: (settings) => settings.branch !== false,
  measure: ({ ports, signal }) => ports.workspace.gitState(signal),
  judge: (git, settings) => {
    const allowed = settings.branch === false ? ["*"] : [settings.branch].flat();
    const asked = allowed.join(" or ");
    if (git.kind === "none")
      return {
        outcome: "warn",
        saw: `${git.because}, so there is no branch to check.`,
        fix: "Run `git init` and commit, or set preflight.branch: false.",
      };
    if (git.kind === "unreadable")
      return {
        outcome: "error",
        saw: `${git.because}.`,
        fix: "Run `git status` in the source folder; it tells the same and how to mend it.",
      };
    const here = git.branch ?? "no branch (a detached HEAD)";
    const evidence = { branch: git.branch ?? null, allowed: asked };
    if (git.branch !== undefined && allowed.some((pattern) => branchMatches(pattern, git.branch ?? "")))
      return { outcome: "pass", saw: `On ${git.branch}.`, evidence };
    if (settings.allow_branch)
      return { outcome: "warn", saw: `On ${here}, not on ${asked}; allowed for this release.`, evidence };
    return {
      outcome: "fail",
      saw: `On ${here}, but releases come from ${asked}.`,
      fix: `Switch with \`git switch ${allowed[0]}\`, or say that this branch is meant: preflight.allow_branch: true.`,
      evidence,
    };
  },
});

/** Says whether a name fits a pattern in which `*` stands for any run of characters, the empty one included. */
export function branchMatches(pattern: string, name: string): boolean {
  const [head = "", ...parts] = pattern.split("*");
  if (parts.length === 0) return pattern === name;
  const tail = parts.pop() ?? "";
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let rest = name.slice(head.length, name.length - tail.length);
  for (const part of parts) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length);
  }
  return true;
}
