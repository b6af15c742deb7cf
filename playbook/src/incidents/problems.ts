import { defineProblem } from "../terms/index.js";

/** ATM-830 */
export const noSuchIncident = defineProblem<{ incident: string }>({
  code: "ATM-830",
  title: "No such incident",
  happened: ({ incident }) => `There is no incident ${incident}.`,
  fix: () => "`atoms incident list --all` lists them.",
  ending: "usage",
});

/** ATM-831 */
export const incidentToChoose = defineProblem<{ open: readonly string[] }>({
  code: "ATM-831",
  title: "It is not clear which incident is meant",
  happened: ({ open }) =>
    open.length === 0 ? "No incident is open." : `${open.length} incidents are open: ${open.join(", ")}.`,
  stillTrue: () => "Nothing was changed.",
  fix: ({ open }) =>
    open.length === 0
      ? "`atoms incident list --all` lists those there were; name one of them."
      : "Name one of them, behind the verb.",
  ending: "usage",
});

/** ATM-832 */
export const incidentStandsOtherwise = defineProblem<{ incident: string; state: string; wish: string }>({
  code: "ATM-832",
  title: "The incident stands otherwise",
  happened: ({ incident, state, wish }) => `${incident} is ${state}; it cannot be ${wish}.`,
  stillTrue: () => "Nothing was changed.",
  fix: ({ incident, state }) =>
    state === "resolved"
      ? `If it is back: \`atoms incident update ${incident} --status investigating "what is seen"\`. If all is done: \`atoms incident close ${incident}\`.`
      : state === "closed"
        ? "Open another one: `atoms incident open`."
        : `First resolve it: \`atoms incident resolve ${incident} "what ended it"\`.`,
  ending: "refused",
});

/** ATM-833 */
export const notHealthy = defineProblem<{ incident: string; saw: readonly string[] }>({
  code: "ATM-833",
  title: "The service is not well yet",
  happened: ({ saw }) =>
    `It was looked at before resolving: ${saw.map((one) => one.replace(/[.\s]+$/, "")).join("; ")}.`,
  stillTrue: ({ incident }) => `${incident} is still open, and its timers run.`,
  fix: ({ incident }) =>
    `Mend it and resolve again. If what was looked at is wrong: \`atoms incident resolve ${incident} --unverified "why it is well all the same"\`; the reason is kept in the ledger.`,
  ending: "refused",
});

/** ATM-834 */
export const incidentWordMistaken = defineProblem<{ what: string; given: string; known: readonly string[] }>({
  code: "ATM-834",
  title: "The playbook does not know this word",
  happened: ({ what, given }) => `${JSON.stringify(given)} is no ${what}.`,
  stillTrue: () => "Nothing was changed.",
  fix: ({ what, known }) => `A ${what} is one of: ${known.join(", ")}.`,
  ending: "usage",
});
