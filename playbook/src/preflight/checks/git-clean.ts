import { defineLook } from "../check.js";
import type { GitState } from "../model.js";
import { areIs, counted, listed } from "../words.js";

/** What is shipped should be what was committed and reviewed. */
export const gitClean = defineLook<GitState>({
  name: "git-clean",
  title: "Everything is committed",
  wanted: (settings) => settings.git_clean,
  measure: ({ ports, signal }) => ports.workspace.gitState(signal),
  judge: (git) => {
    if (git.kind === "none")
      return {
        outcome: "warn",
        saw: `${git.because}, so nothing says whether these files were reviewed, and the release gets no tag.`,
        fix: "Run `git init`, commit the files, and release from there; or set preflight.git_clean: false.",
      };
    if (git.kind === "unreadable")
      return {
        outcome: "error",
        saw: `${git.because}.`,
        fix: "Run `git status` in the source folder; it tells the same and how to mend it.",
      };
    if (git.commit === undefined)
      return {
        outcome: "fail",
        saw: "The repository has no commit yet.",
        fix: "Run `git add` and `git commit`, or set preflight.git_clean: false.",
      };
    if (git.changed.length > 0)
      return {
        outcome: "fail",
        saw: `${counted(git.changed.length, "file")} ${areIs(git.changed.length)} not committed: ${listed(git.changed)}.`,
        fix: "Commit or stash them (`git status` shows them all), or set preflight.git_clean: false.",
        evidence: { changed: git.changed.length, commit: git.commit },
      };
    return {
      outcome: "pass",
      saw: `Everything is committed at ${git.commit.slice(0, 9)}.`,
      evidence: { changed: 0, commit: git.commit },
    };
  },
});
