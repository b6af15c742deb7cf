import { defineProblem } from "@atoms/playbook";

/** A step was not done when its time was up. */
export const stepTimedOut = defineProblem<{ step: string; timeoutMs: number; last?: string | undefined }>({
  code: "ATM-711",
  title: "A step took too long",
  happened: ({ step, timeoutMs, last }) =>
    `"${step}" was not done within ${timeoutMs / 1000} s${last === undefined ? "" : `; its last try failed: ${last.replace(/\.+$/, "")}`}.`,
  fix: () => "See what it waited for with `atoms logs`, then try again.",
});

/** A flow's result was waited for and did not come in time. */
export const resultTimedOut = defineProblem<{ id: string; timeoutMs: number }>({
  code: "ATM-712",
  title: "The flow is not finished yet",
  happened: ({ id, timeoutMs }) => `${id} did not end within ${timeoutMs / 1000} s.`,
  stillTrue: () => "It goes on; nothing was stopped.",
  fix: () => "Watch it with `atoms status`.",
});

/** A flow was named that was never started. */
export const noSuchFlow = defineProblem<{ id: string }>({
  code: "ATM-713",
  title: "No such flow",
  happened: ({ id }) => `No flow was ever started under the id ${id}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "List the releases there are with `atoms releases`.",
});

/** On replay, a flow asked for something else than what is written. */
export const flowDiverged = defineProblem<{ id: string; written: string; asked: string }>({
  code: "ATM-714",
  title: "The flow took another path than the one written down",
  happened: ({ id, written, asked }) =>
    `${id} went "${written}" before, and asks for "${asked}" in the same place now.`,
  stillTrue: () => "Nothing further was done by it.",
  fix: () => "This is a mistake in Atoms: please report it. `atoms rollback` brings traffic to safety.",
});

/** The engine was closed or its process died while the flow ran here. */
export const engineClosed = defineProblem<{ id: string }>({
  code: "ATM-715",
  title: "The engine was closed",
  happened: ({ id }) => `The engine here stopped before ${id} ended.`,
  stillTrue: () => "The flow is written down and resumes at the step it was in.",
  fix: () => "Continue with `atoms deploy --resume`.",
});

/** A second engine was opened in one process. */
export const engineOpen = defineProblem({
  code: "ATM-716",
  title: "The engine is already open",
  happened: () => "This process has an open engine already; it can have one at a time.",
  fix: () => "This is a mistake in Atoms: please report it with the command that led to it.",
});
