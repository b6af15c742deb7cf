import { defineProblem } from "@atoms/playbook/problem";
import type { Terminal } from "./terminal.js";

/** ATM-922 */
export const confirmationNeeded = defineProblem<{ question: string }>({
  code: "ATM-922",
  title: "This has to be confirmed",
  happened: (a) => `${a.question} There is no terminal to ask on.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "Repeat the command with `--yes`.",
  ending: "refused",
});

/** ATM-923 */
export const notConfirmed = defineProblem({
  code: "ATM-923",
  title: "Not confirmed",
  happened: () => "The answer was no.",
  stillTrue: () => "Nothing was changed.",
  fix: () => "Repeat the command when it is wanted.",
  ending: "refused",
});

/** Asks yes or no. @throws ATM-922 where nobody can be asked, ATM-923 when the answer is no. */
export async function confirm(terminal: Terminal, question: string): Promise<void> {
  if (!terminal.canAsk) throw confirmationNeeded({ question });
  const prompts = await import("@inquirer/prompts");
  const yes = await prompts.confirm({ message: question, default: false }, { output: process.stderr });
  if (!yes) throw notConfirmed();
}

/**
 * Asks for a word that is not typed by habit, such as the name of what is to be replaced.
 * @returns what was typed; whoever acts compares it. @throws ATM-922 where nobody can be asked, ATM-923 for none.
 */
export async function askForWord(terminal: Terminal, telling: string, word: string): Promise<string> {
  const question = `${telling} Type ${word} to go on:`;
  if (!terminal.canAsk) throw confirmationNeeded({ question });
  const prompts = await import("@inquirer/prompts");
  const typed = await prompts.input({ message: question }, { output: process.stderr });
  if (typed.trim() === "") throw notConfirmed();
  return typed.trim();
}

/** Asks for a line of text, which may be empty. The caller has seen to it that there is somebody to ask. */
export async function askText(question: string): Promise<string> {
  const prompts = await import("@inquirer/prompts");
  return (await prompts.input({ message: question }, { output: process.stderr })).trim();
}
