import { defineProblem } from "@atoms/playbook/problem";

/** ATM-924 */
export const detachNeedsControlPlane = defineProblem({
  code: "ATM-924",
  title: "Nobody would go on with it",
  happened: () => "`--detach` leaves the release to the control plane, and none is running.",
  stillTrue: () => "Nothing was started.",
  fix: () => "`atoms up` starts one; without it leave `--detach` out.",
  ending: "usage",
});

/** ATM-925 */
export const demoFailed = defineProblem<{ what: string; folder: string }>({
  code: "ATM-925",
  title: "The demo did not go as it should",
  happened: (a) => `${a.what}.`,
  stillTrue: () => "Everything that the demo started was stopped.",
  fix: (a) => `Its folder is kept for a look: ${a.folder}. \`atoms doctor\` checks what Atoms needs.`,
});

/** ATM-930 */
export const diskFull = defineProblem<{ what: string }>({
  code: "ATM-930",
  title: "The disk is full",
  happened: (a) => `${a.what}: no space is left.`,
  stillTrue: () =>
    "What was written before is safe, and traffic is where it was; a release under way stays at its last finished step.",
  fix: () => "Free some space (`df -h` shows where), then type the command again.",
});

/** ATM-931 */
export const notPermitted = defineProblem<{ what: string }>({
  code: "ATM-931",
  title: "This account may not do that",
  happened: (a) => `${a.what}: the system does not permit it.`,
  stillTrue: () => "Nothing was changed by it, and traffic is where it was.",
  fix: () =>
    "Look whose the file or folder is with `ls -l`, and whether the disk can be written; run Atoms as the same account as before.",
});

/** ATM-932 */
export const cloudNotStarted = defineProblem<{ because: string }>({
  code: "ATM-932",
  title: "The local cloud did not start",
  happened: (a) => a.because,
  stillTrue: () => "Nothing was started, and what was running goes on.",
  fix: () =>
    "Name another folder with `--dir <folder>`, or other ports with `--port` and `--edge-port`; 0 picks a free one.",
  ending: "refused",
});

/** ATM-926 */
export const fileExists = defineProblem<{ path: string }>({
  code: "ATM-926",
  title: "There is a playbook already",
  happened: (a) => `${a.path} exists and was left as it is.`,
  fix: () => "Edit it, or write a new one over it with `--force`.",
  ending: "refused",
});

/** ATM-928 */
export const nothingRecorded = defineProblem<{ release: string }>({
  code: "ATM-928",
  title: "Nothing was measured in this release",
  happened: (a) => `The ledger holds no measurement of ${a.release}: only a canary is measured.`,
  fix: () => "`atoms releases` says which releases were canaries.",
  ending: "usage",
});

/** ATM-580 */
export const nothingToReport = defineProblem({
  code: "ATM-580",
  title: "There is no release to report on",
  happened: () => "The ledger knows of no release yet.",
  fix: () => "`atoms deploy` makes the first; `atoms report` tells of it while it runs and afterwards.",
  ending: "usage",
});

/** ATM-581 */
export const reportNotWritten = defineProblem<{ path: string; because: string }>({
  code: "ATM-581",
  title: "The report was not written",
  happened: (a) => `${a.path} could not be written: ${a.because}.`,
  stillTrue: () => "The ledger has everything that the report tells; nothing was changed.",
  fix: () => "Name a file in a folder that exists with `--out <file>`, or `--out -` for standard output.",
});
