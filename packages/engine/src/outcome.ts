import { isProblem, Problem, type ProblemData } from "@atoms/playbook";

/** What came of a step or a flow, as it is written down. */
export type Outcome = { value?: unknown } | { error: WrittenError };

/** An error as it is written down: a problem with all it says, or the name and message of anything else. */
export type WrittenError = { problem: ProblemData } | { name: string; message: string };

/** Puts an error into words that can be written down. Stack traces are left out: they may hold paths and values. */
export function writeError(error: unknown): WrittenError {
  if (isProblem(error)) return { problem: Problem.prototype.toJSON.call(error) };
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

/** The error that was written down; a problem comes back as a `Problem` with its code. */
export function readError(written: WrittenError): Error {
  if ("problem" in written) return Problem.from(written.problem);
  const error = new Error(written.message);
  error.name = written.name;
  return error;
}

/** Writes a value as JSON would, so that the first run sees what a replay will see. */
export function writeValue(value: unknown): Outcome {
  const text = JSON.stringify(value);
  return text === undefined ? {} : { value: JSON.parse(text) as unknown };
}

/** @returns The value. @throws The error that was written down instead. */
export function readOutcome<T>(outcome: Outcome): T {
  if ("error" in outcome) throw readError(outcome.error);
  return structuredClone(outcome.value) as T;
}
