import { defineProblem } from "../terms/index.js";
import { counted, megabytes } from "./words.js";

const untouched = () => "Nothing was deployed, and traffic was left where it is.";

// ATM-201 to 209: the verdict of preflight.

export const preflightFailed = defineProblem<{ failed: readonly string[] }>({
  code: "ATM-201",
  title: "Preflight found a reason not to begin",
  happened: (a) => `${counted(a.failed.length, "check")} failed: ${a.failed.join("; ")}`,
  stillTrue: untouched,
  fix: () => "Mend what the checks name; `atoms check` runs them alone.",
  ending: "refused",
});

export const preflightUnclear = defineProblem<{ because: string }>({
  code: "ATM-202",
  title: "Preflight could not find out whether it is safe to begin",
  happened: (a) => a.because,
  stillTrue: untouched,
  fix: () => "See the checks marked as errors; `atoms check` runs them alone.",
  ending: "inconclusive",
});

// ATM-210 to 219: the source folder and its snapshot.

export const sourceUnreadable = defineProblem<{ path: string; because: string }>({
  code: "ATM-210",
  title: "The source cannot be read",
  happened: (a) => `Failed to read ${a.path}: ${a.because}.`,
  stillTrue: untouched,
  fix: (a) => `Check that ${a.path} is there and that you may read it (\`ls -la\`), then start again.`,
});

export const sourceTooLarge = defineProblem<{
  files: number;
  bytes: number;
  maxFiles: number;
  maxBytes: number;
}>({
  code: "ATM-211",
  title: "The source is too large",
  happened: (a) =>
    `It has at least ${counted(a.files, "file")} and ${megabytes(a.bytes)}; at most ${a.maxFiles} files and ${megabytes(a.maxBytes)} can be shipped.`,
  stillTrue: untouched,
  fix: () => "List what need not be shipped in .vercelignore: data, build output, dependency folders.",
});

export const sourceEmpty = defineProblem<{ folder: string }>({
  code: "ATM-212",
  title: "There is nothing to ship",
  happened: (a) => `No file is left in ${a.folder} once the ignored ones are taken out.`,
  stillTrue: untouched,
  fix: () => "Check that the folder is the right one, and what .vercelignore or .gitignore leaves out.",
});

export const linkLeavesSource = defineProblem<{ path: string; target: string }>({
  code: "ATM-213",
  title: "A link leads out of the source",
  happened: (a) =>
    `${a.path} is a link to ${a.target}, which is outside the source folder and would not be shipped.`,
  stillTrue: untouched,
  fix: (a) =>
    `Replace the link by the file, make it a relative link within the folder, or list ${a.path} in .vercelignore.`,
});

export const notAFile = defineProblem<{ path: string; what: string }>({
  code: "ATM-214",
  title: "The source holds something that is no file",
  happened: (a) => `${a.path} is ${a.what}, which cannot be shipped.`,
  stillTrue: untouched,
  fix: (a) => `Remove ${a.path}, or list it in .vercelignore.`,
});

export const sourceChanged = defineProblem<{ path: string; how: "vanished" | "changed" }>({
  code: "ATM-215",
  title: "The source changed while it was read",
  happened: (a) =>
    a.how === "vanished"
      ? `${a.path} was there and then was not.`
      : `${a.path} kept changing while it was read.`,
  stillTrue: untouched,
  fix: () => "Stop what writes to the folder (a build, a watcher, an editor), then start again.",
});

export const blobDamaged = defineProblem<{ sha1: string; path?: string }>({
  code: "ATM-216",
  title: "The kept copy of a source file is damaged or gone",
  happened: (a) =>
    `What is kept for ${a.path ?? "a file"} no longer has the digest ${a.sha1} that the release began with.`,
  stillTrue: () => "The release did not ship other bytes than it began with; traffic was left where it is.",
  fix: () =>
    "Start a new release: `atoms deploy` reads the source afresh. If it happens again, check the disk.",
});

export const snapshotMissing = defineProblem<{ digest: string; because: string }>({
  code: "ATM-217",
  title: "The snapshot of the source cannot be read",
  happened: (a) => `The list of files of snapshot ${a.digest.slice(0, 12)} is not usable: ${a.because}.`,
  stillTrue: untouched,
  fix: () => "Start a new release: `atoms deploy` reads the source afresh.",
});

export const stateDiskFull = defineProblem<{ path: string; because: string }>({
  code: "ATM-218",
  title: "The disk is full",
  happened: (a) => `Failed to write ${a.path}: ${a.because}.`,
  stillTrue: () => "Nothing half written was left behind, and traffic was left where it is.",
  fix: (a) => `Make room on the disk that holds ${a.path} (\`df -h\`), then resume or start again.`,
});

export const stateUnwritable = defineProblem<{ path: string; because: string }>({
  code: "ATM-219",
  title: "A file cannot be written",
  happened: (a) => `Failed to write ${a.path}: ${a.because}.`,
  stillTrue: () => "Nothing half written was left behind, and traffic was left where it is.",
  fix: (a) =>
    `Check that the folder of ${a.path} is there and that you may write to it, then resume or start again.`,
});

// ATM-220 to 229: what a release leaves in the repository.

export const tagTaken = defineProblem<{ tag: string; commit: string; other: string }>({
  code: "ATM-220",
  title: "The tag belongs to another commit",
  happened: (a) => `${a.tag} is at ${a.other.slice(0, 9)}, and this release is of ${a.commit.slice(0, 9)}.`,
  stillTrue: () => "The tag was left as it is; the release itself is not touched by it.",
  fix: (a) => `See \`git show ${a.tag}\`; if it is a mistake, delete it with \`git tag -d ${a.tag}\`.`,
});

export const gitFailed = defineProblem<{ doing: string; because: string }>({
  code: "ATM-221",
  title: "Git failed",
  happened: (a) => `Failed to ${a.doing}: ${a.because}.`,
  stillTrue: () => "The release itself is not touched by it.",
  fix: () => "Run `git status` in the source folder; it tells the same and how to mend it.",
});

export const recordTaken = defineProblem<{ path: string; release: string; other: string }>({
  code: "ATM-222",
  title: "The release record belongs to another release",
  happened: (a) => `${a.path} tells of release ${a.other}, not of ${a.release}.`,
  stillTrue: () => "The file was left as it is; the ledger holds both releases.",
  fix: (a) => `Move ${a.path} aside if it is a mistake.`,
});
