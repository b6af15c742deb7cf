import { defineProblem, Problem, type ProblemData } from "@atoms/playbook";
import { describeMistakes, type Mistake } from "./mistake.js";

/** ATM-101 */
export const playbookMistaken = defineProblem<{ file: string; count: number; list: string }>({
  code: "ATM-101",
  title: "The playbook has mistakes",
  happened: (a) => `${a.file} has ${a.count === 1 ? "a mistake" : `${a.count} mistakes`}:\n\n${a.list}\n`,
  stillTrue: () => "Nothing was started, and traffic was left where it is.",
  fix: () =>
    "Correct the places above and ask `atoms check` again; every setting is described in docs/reference/settings.md.",
  ending: "usage",
});

/** ATM-102 */
export const playbookMissing = defineProblem<{ path: string }>({
  code: "ATM-102",
  title: "There is no playbook",
  happened: (a) => `There is no file ${a.path}.`,
  stillTrue: () => "Nothing was started.",
  fix: () => "Write one with `atoms init`, or name another file with `--playbook <file>`.",
  ending: "usage",
});

/** ATM-103 */
export const playbookUnreadable = defineProblem<{ path: string; because: string }>({
  code: "ATM-103",
  title: "The playbook can't be read",
  happened: (a) => `${a.path} is there but can't be read: ${a.because}.`,
  stillTrue: () => "Nothing was started.",
  fix: (a) => `Make ${a.path} a readable text file in UTF-8 of at most 1 MiB.`,
  ending: "usage",
});

/** ATM-101 with its mistakes as data as well, for `--json` and the API. */
export class PlaybookMistaken extends Problem {
  constructor(
    file: string,
    readonly mistakes: readonly Mistake[],
  ) {
    super(playbookMistaken({ file, count: mistakes.length, list: describeMistakes(mistakes) }).toJSON());
  }

  override toJSON(): ProblemData & { mistakes: Mistake[] } {
    return { ...super.toJSON(), mistakes: [...this.mistakes] };
  }
}
