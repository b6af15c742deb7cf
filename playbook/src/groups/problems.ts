import { defineProblem } from "../terms/index.js";

/** ATM-570 */
export const groupMistaken = defineProblem<{ file: string; mistakes: readonly string[] }>({
  code: "ATM-570",
  title: "The group file has mistakes",
  happened: (a) => `${a.file}: ${a.mistakes.join("; ")}.`,
  stillTrue: () => "Nothing was started.",
  fix: () =>
    "A group file has version: 1, group (a name) and order (playbooks beside it); `atoms deploy --help` and examples/storefront show one.",
  ending: "usage",
});

/** ATM-571 */
export const groupFailed = defineProblem<{ group: string; because: string; back: readonly string[] }>({
  code: "ATM-571",
  title: "The group was not released",
  happened: (a) => `Not every service of ${a.group} passed: ${a.because}.`,
  stillTrue: (a) =>
    a.back.length === 0
      ? "No other service of the group was left on a new version."
      : `Brought back, the last one first: ${a.back.join(", ")}.`,
  fix: () =>
    "Each member is a release of its own: `atoms releases` lists them, `atoms ledger --release <id>` says why.",
  ending: "rolled back",
});

/** ATM-572 */
export const groupSplit = defineProblem<{ group: string; because: string }>({
  code: "ATM-572",
  title: "The group is not all on one side",
  happened: (a) => `${a.group}: ${a.because}.`,
  stillTrue: () => "Some of its services may serve the new version and some the old one.",
  fix: () =>
    "Ask each: `atoms status --playbook <member>`; bring one back by hand with `atoms rollback --playbook <member>`.",
});

/** ATM-573 */
export const groupAborted = defineProblem<{ group: string; because: string }>({
  code: "ATM-573",
  title: "The group was aborted",
  happened: (a) => `${a.group}: ${a.because}.`,
  stillTrue: () => "No service of the group was left on a new version.",
  fix: () => "Start again with `atoms deploy --group <file>` when ready.",
});
