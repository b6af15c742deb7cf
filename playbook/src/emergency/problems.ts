import { defineProblem } from "../terms/index.js";

/** ATM-651 */
export const noWayBack = defineProblem<{ because: string; ready: readonly string[]; serves: string }>({
  code: "ATM-651",
  title: "It is not known where to go back to",
  happened: (a) =>
    `${a.because.charAt(0).toUpperCase()}${a.because.slice(1)}, so production was not moved without being told where to.`,
  stillTrue: (a) => `Production serves ${a.serves}.`,
  fix: (a) =>
    a.ready.length === 0
      ? "Escalate (`atoms emergency --do escalate`); on the platform's own page deployments can be promoted by hand."
      : `Name one, if you know it to be good: \`atoms emergency --do rollback --to <deployment>\`; ready are ${a.ready.join(", ")}.`,
  ending: "refused",
});

/** ATM-652 */
export const emergencyNotProven = defineProblem<{ act: string; to: string; last: string }>({
  code: "ATM-652",
  title: "It was asked for, but not proven",
  happened: (a) =>
    `The platform took the ${a.act} to ${a.to}, but not every host was seen to serve it: ${a.last}`,
  stillTrue: () =>
    "The request stands, and it is in the journal or the ledger; where traffic is has to be looked at.",
  fix: () => "Look again with `atoms emergency`; asking again does no harm.",
});

/** ATM-653 */
export const actNotOffered = defineProblem<{ act: string; because: string; instead: string }>({
  code: "ATM-653",
  title: "That cannot be done here",
  happened: (a) => `${a.act}: ${a.because}.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) => a.instead,
  ending: "refused",
});

/** ATM-654 */
export const nothingFrozen = defineProblem({
  code: "ATM-654",
  title: "Releases are not frozen",
  happened: () => "No freeze of an emergency stands, so there is none to lift.",
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms plan` shows the gates that keep a release back; windows of the playbook are under `gates.freeze`.",
  ending: "refused",
});

/** ATM-655 */
export const reasonNeeded = defineProblem<{ act: string }>({
  code: "ATM-655",
  title: "An act needs its reason",
  happened: (a) => `${a.act} was asked for without saying why.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    `Say it in a few words: \`atoms emergency --do ${a.act} --reason "<why>"\`; it is kept in the ledger.`,
  ending: "usage",
});
